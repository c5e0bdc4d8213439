import { expect, it } from 'vitest';
import { compareFirmware, objectsOf, startingFamily } from '#libs/phones';

it.each([
  ['FW_S_J179_R4_1_3_0_6.bin', 'firmware/FW_S_J179_R4_1_3_0_6.bin', 'same'],
  ['4.1.3.0.6', 'FW_S_J179_R4_1_3_0_6.bin', 'same'],
  ['4.0.9.0.1', 'FW_S_J179_R4_1_3_0_6.bin', 'older'],
  ['R4.0.10.3.2', 'FW_S_J179_R4_0_9_0_1.bin', 'newer'],
  ['S9608_11HALBR6_8_5_02_V4r83.tar', 'S9608_11HALBR6_8_5_02_V4r83.tar', 'same'],
  ['S9608_11HALBR6_8_3_04_V4r83.tar', 'S9608_11HALBR6_8_5_02_V4r83.tar', 'older'],
  ['6.8502', 'S9608_11HALBR6_8_5_02_V4r83.tar', 'same'],
  ['6.6604', 'S9608_11HALBR6_8_5_02_V4r83.tar', 'older'],
  ['6.8502', 'S9608_11HALBR6_8_3_04_V4r83.tar', 'newer'],
  ['a10d01b2_9.bin', 'a10d01b2_9_1.bin', 'older'],
  ['a10d01b2_9_1.bin', 'i10d01a2_9_1.bin', 'other'],
  ['hb96xxua3_1_05_S.bin', 'hb96xxua3_2_0_S.bin', 'older'],
  ['S9608_11HALBR6_8_5_02_V4r83.tar', 'S9608_11HALBR6_8_5_02_V4r85.tar', 'other'],
  ['unknown', 'FW_S_J179_R4_1_3_0_6.bin', 'other'],
])('%s stands to %s as %s', (running, offered, order) => {
  expect(compareFirmware(running, offered)).toBe(order);
});

it.each([
  ['1.3.6.1.4.1.6889.1.69.1.2', '4610D01A', '4600'],
  ['1.3.6.1.4.1.6889.1.69.2.0', '9630D01A', '9600'],
  ['1.3.6.1.4.1.6889.1.69.2.0', '9611D01A', '96x1 H.323'],
  ['1.3.6.1.4.1.6889.1.69.6.1', '9611D01A', '96x1 SIP'],
  ['1.3.6.1.4.1.6889.1.69.6.1', 'J179D02A', 'J100'],
  ['1.3.6.1.4.1.6889.1.69.3.1', '1616D01A', '1600'],
])('an agent %s that calls itself %s starts as %s', (system, model, family) => {
  const objects = objectsOf(system);
  expect(objects && startingFamily(objects, model)?.name).toBe(family);
});

it('says nothing of models that nobody knows', () => {
  expect(startingFamily({ families: ['J100', '96x1 SIP'] }, 'X999')).toBeUndefined();
});
