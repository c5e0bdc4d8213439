/** Who a telephone says it is, asked at its own address. */
export interface PhoneIdentity {
  /** The extension that is logged in, as the phone spells it: digits, at most 32. */
  readonly extension: string;
  /** The type as the phone spells it, such as `4620` or `9630D01A`. */
  readonly type: string;
}

/**
 * Ask the telephone at an IP address who it is (Guide p. 16: the SNMP challenge). Answers are kept for a short while.
 * @throws BranchlineError PHONE_UNVERIFIED when it does not answer, or answers without an extension.
 */
export type IdentifyPhone = (address: string) => Promise<PhoneIdentity>;
