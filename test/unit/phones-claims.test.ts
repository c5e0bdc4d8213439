import { expect, it } from 'vitest';
import { readPhoneFile, readUserAgent } from '#libs/phones';

it.each([
  [
    'Mozilla/4.0 (compatible; MSIE 6.0) AVAYA/J179-4.1.3.0.6 (MAC:c81fea83e85a)',
    'Avaya',
    'J179',
    '4.1.3.0.6',
    'c81fea83e85a',
  ],
  ['AVAYA/SIP12x0\x17/04.00.04.00\xff', 'Avaya', 'SIP12x0', '04.00.04.00', undefined],
  ['AVAYA/96x1-IPT-SIP-R7_1_15_0_4 x', 'Avaya', '96x1', 'SIP-R7_1_15_0_4', undefined],
  [
    'FileTransport PolycomVVX-VVX_411-UA/5.9.0.9373 (SN:64167f8d1234) Type/Application',
    'Poly',
    'VVX_411',
    '5.9.0.9373',
    '64167f8d1234',
  ],
  [
    'FileTransport PolyEdge-Edge_E350-UA/8.0.1.1234 (SN:482567001122)',
    'Poly',
    'Edge_E350',
    '8.0.1.1234',
    '482567001122',
  ],
  [
    'Yealink SIP-T46S 66.85.0.5 00:15:65:aa:bb:cc',
    'Yealink',
    'SIP-T46S',
    '66.85.0.5',
    '001565aabbcc',
  ],
  ['Cisco-CP-8841-3PCC/11.0 (00562b043615)', 'Cisco', '8841-3PCC', '11.0', '00562b043615'],
  ['Cisco/SPA504G-7.4.9c (88:43:E1:12:34:56)', 'Cisco', 'SPA504G', '7.4.9c', '8843e1123456'],
  [
    'Grandstream Model HW GXP2170 SW 1.0.9.132 DevId 000b82aabbcc',
    'Grandstream',
    'GXP2170',
    '1.0.9.132',
    '000b82aabbcc',
  ],
  [
    'Mozilla/4.0 (compatible; snom821-SIP 8.7.5.35 1.1.5-IFX-26.11.09)',
    'Snom',
    'snom821',
    '8.7.5.35',
    undefined,
  ],
  ['Fanvil X4 2.4.3.6194 0c383e0718ff', 'Fanvil', 'X4', '2.4.3.6194', '0c383e0718ff'],
  ['curl/7.88.1', undefined, undefined, undefined, undefined],
  ['', undefined, undefined, undefined, undefined],
  [`AVAYA/J179-${'1'.repeat(300)}`, 'Avaya', 'J179', '1'.repeat(64), undefined],
])('reads %j', (agent, maker, model, firmware, mac) => {
  expect(readUserAgent(agent)).toEqual(
    maker === undefined ? { mac } : { maker, model, firmware, mac },
  );
});

it.each([
  ['00073be12233.cfg', undefined, '00073be12233'],
  ['/phones/00073BE12233.txt', undefined, '00073be12233'],
  ['SEP00562B043615.cnf.xml', 'Cisco', '00562b043615'],
  ['Communicator\\CTLSEP00562B043615.tlv', 'Cisco', '00562b043615'],
  ['cfg000b82aabbcc.xml', 'Grandstream', '000b82aabbcc'],
  ['SIP00073BE12233.cfg', 'Avaya', '00073be12233'],
  ['64167f8d1234-directory.xml', 'Poly', '64167f8d1234'],
  ['001565aabbcc.boot', 'Yealink', '001565aabbcc'],
  ['snom821-00041396ABCD.htm', 'Snom', '00041396abcd'],
  ['000000000000.cfg', undefined, undefined],
  ['46xxsettings.txt', undefined, undefined],
  ['y000000000000.boot', undefined, undefined],
])('takes the name %s', (name, maker, mac) => {
  expect(readPhoneFile(name)).toEqual(mac === undefined ? {} : { maker, mac });
});
