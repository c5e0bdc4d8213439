export type { Delivery, PhoneRequest, ServedFile, TreeName } from './served-file.ts';
