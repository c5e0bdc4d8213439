import { onTestFinished } from 'vitest';
import { systemClock, type Clock } from '#libs/lifecycle';
import {
  CommunityClient,
  PhoneIdentifier,
  type CommunityOptions,
  type IdentifierOptions,
  type ProvenPhone,
} from '#libs/snmp';

/** The Guide's own objects, those of 4600 telephones. */
export const guideObjects = {
  extension: '1.3.6.1.4.1.6889.2.69.1.4.9.0',
  type: '1.3.6.1.4.1.6889.2.69.1.1.2.0',
};

/** A started client with short patience; it is stopped when the test has ended. */
export async function startCommunityClient(
  port: number,
  more: Partial<CommunityOptions> = {},
): Promise<CommunityClient> {
  const client = new CommunityClient({
    version: '2c',
    community: 'public',
    port,
    timeoutMs: 150,
    tries: 2,
    ...more,
  });
  await client.start();
  onTestFinished(async () => {
    await client.stop();
  });
  return client;
}

/** An identifier over a client of its own, with what it proved. */
export async function startIdentifier(
  port: number,
  more: Partial<IdentifierOptions & CommunityOptions> & { readonly clock?: Clock } = {},
): Promise<{ identifier: PhoneIdentifier; client: CommunityClient; proven: ProvenPhone[] }> {
  const client = await startCommunityClient(port, more);
  const proven: ProvenPhone[] = [];
  const identifier = new PhoneIdentifier({
    reader: client,
    objects: guideObjects,
    objectsChosen: false,
    keepMs: 60_000,
    keepFailureMs: 5_000,
    clock: systemClock,
    onProven: (phone) => proven.push(phone),
    ...more,
  });
  return { identifier, client, proven };
}
