export { PieceBuffers } from './piece-buffers.ts';
export { PieceReader, type PiecedFile } from './piece-reader.ts';
export { ClientSlots, type ClientSlotsOptions, type SlotUsage } from './client-slots.ts';
export type { Access } from './access-gate.ts';
export { AccessList, accessListLimits, type LineFault } from './access-list.ts';
export { checkFileOf, checkFiles, isOwnCheck } from './check-files.ts';
export { explain } from './explain.ts';
export {
  explainableServers,
  readQuestion,
  type ExplainableServer,
  type Question,
  type QuestionTexts,
} from './explain-question.ts';
export {
  explanationSchema,
  type ExplainedAnswer,
  type ExplainedScript,
  type Explanation,
} from './explanation.ts';
export { isAccessListName } from './list-names.ts';
export type { Delivery, PhoneRequest, ServedFile, TreeName } from './served-file.ts';
export type { Transfer } from './transfer.ts';
export { TreeDelivery, type Answer, type TreeDeliveryOptions } from './tree-delivery.ts';
export type { AccessRule } from './tree-access.ts';
