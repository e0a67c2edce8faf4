// Whether a topic is compacted: only then may offsets at the end of its log hold nothing. An answer without records where
// records should be means something else for any other topic, such as a tiered log that was slow to read.

import type { Admin } from '@klamm/client/admin/admin';

const POLICY = 'cleanup.policy';

export async function isCompacted(admin: Admin, topic: string): Promise<boolean> {
  const entries = await admin.describeConfigs({ topic }, [POLICY]);
  return entries.some(({ name, value }) => name === POLICY && value?.includes('compact') === true);
}
