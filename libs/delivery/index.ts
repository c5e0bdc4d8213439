export { PieceBuffers } from './piece-buffers.ts';
export { ClientSlots, type ClientSlotsOptions, type SlotUsage } from './client-slots.ts';
export type { Delivery, PhoneRequest, ServedFile, TreeName } from './served-file.ts';
export type { Transfer } from './transfer.ts';
export { TreeDelivery, type Answer, type TreeDeliveryOptions } from './tree-delivery.ts';
