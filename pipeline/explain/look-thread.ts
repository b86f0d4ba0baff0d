import { answerOrders } from '../../files/index.js';
import { changedTable } from './look-threads.js';

answerOrders(changedTable, { buffersOf: (table) => [table.buffer as ArrayBuffer] });
