import type { DynamicModule } from '@nestjs/common';
import type { QueueContext } from './queue.module.js';

/**
 * Gives the queues of a gateway or of a worker, as a module for Nest: see QueueModule. BullMQ and Nest are loaded by
 * this alone, for they take a third of a second: a command that only asks Redis something starts without them.
 */
export async function openQueue(side: 'gateway' | 'worker', context: QueueContext): Promise<DynamicModule> {
  const { QueueModule } = await import('./queue.module.js');
  return QueueModule[side](context);
}
