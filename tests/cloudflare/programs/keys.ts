// Databases whose router has keys of its own, one of them for one database only.
import { DynatabDatabase, router } from 'dynatab/cloudflare';

export class Database extends DynatabDatabase {}

export default router({
  binding: 'Database',
  accessKeys: [
    { accessKeyId: 'ALL', secretAccessKey: 'secret of all' },
    { accessKeyId: 'MUSIC', secretAccessKey: 'secret of music', databases: ['music'] },
  ],
});
