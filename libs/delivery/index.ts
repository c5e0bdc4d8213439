export { PieceBuffers } from './piece-buffers.ts';
export { ClientSlots, type ClientSlotsOptions, type SlotUsage } from './client-slots.ts';
export type { Access } from './access-gate.ts';
export { AccessList, accessListLimits, type LineFault } from './access-list.ts';
export { isAccessListName } from './list-names.ts';
export type { Delivery, PhoneRequest, ServedFile, TreeName } from './served-file.ts';
export type { Transfer } from './transfer.ts';
export { TreeDelivery, type Answer, type TreeDeliveryOptions } from './tree-delivery.ts';
export type { AccessRule } from './tree-access.ts';
