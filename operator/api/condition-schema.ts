// Owns the schema of metav1.Condition.
import { record, type Schema, text, whole } from './schema.ts';

export const CONDITION_SCHEMA: Schema = record(
  'A condition.',
  {
    type: text('Kind of condition.', { maxLength: 64 }),
    status: text('Whether it holds.', { enum: ['True', 'False', 'Unknown'] }),
    observedGeneration: { ...whole('Generation it was judged at.'), format: 'int64' },
    lastTransitionTime: {
      type: 'string',
      format: 'date-time',
      description: 'When status changed.',
    },
    reason: text('One word why, from the documented table.', { maxLength: 128 }),
    message: text('The same for people.', { maxLength: 32_768 }),
  },
  { required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'] },
);
