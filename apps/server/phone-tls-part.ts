import path from 'node:path';
import { PhoneCertificates, TicketKeys, type PhoneKeys, type PhoneTls } from '#libs/identity';
import type { Service } from '#libs/lifecycle';
import type { Runtime } from './runtime.ts';
import type { ServerPlan } from './server-plan.ts';

/** What the TLS listeners for telephones share. */
export interface PhoneTlsPart {
  readonly certificates: PhoneCertificates;
  readonly services: readonly Service[];
  /** What a listener shows now; each has its own session tickets, by its name. */
  tlsOf(listener: string): PhoneTls;
  /** `apply` is given what the listener is to show whenever that changes. */
  follow(listener: string, apply: (tls: PhoneTls) => void): void;
}

/** @throws BranchlineError CERTIFICATE_INVALID, DISK_FULL, WRITE_FAILED. */
export async function openPhoneTls(
  plan: ServerPlan,
  { clock, log }: Pick<Runtime, 'clock' | 'log'>,
): Promise<PhoneTlsPart> {
  const certificates = await PhoneCertificates.open({
    ...plan.phoneCertificates,
    names: [plan.name],
    clock,
    log: log.child({ service: 'certificates' }),
  });
  const tickets = await TicketKeys.open({
    file: path.join(plan.folders.state, 'phone-tickets.key'),
    clock,
    log: log.child({ service: 'certificates' }),
  });
  const tlsOf = (listener: string, keys = certificates.current()): PhoneTls => ({
    pairs: pairsOf(keys),
    clientAuthorities: keys.clientAuthorities,
    ticketKeys: tickets.of(listener),
  });
  return {
    certificates,
    services: [certificates, tickets],
    tlsOf,
    follow: (listener, apply) => {
      certificates.subscribe((keys) => {
        apply(tlsOf(listener, keys));
      });
      tickets.subscribe(() => {
        apply(tlsOf(listener));
      });
    },
  };
}

const pairsOf = ({ pairs }: PhoneKeys): PhoneTls['pairs'] =>
  pairs.map(({ certificatePem, keyPem }) => ({ cert: certificatePem, key: keyPem }));
