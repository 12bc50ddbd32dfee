// DynamoDB's API in front of any number of databases, each of them kept in a Durable Object of its own:
// https://worker.example/music is one, https://worker.example/films another.
import { DynatabDatabase, router } from 'dynatab/cloudflare';

export class Database extends DynatabDatabase {
  // Every database has these tables, whoever names it first.
  settings() {
    return {
      tables: [
        {
          TableName: 'songs',
          AttributeDefinitions: [
            { AttributeName: 'artist', AttributeType: 'S' },
            { AttributeName: 'song', AttributeType: 'S' },
          ],
          KeySchema: [
            { AttributeName: 'artist', KeyType: 'HASH' },
            { AttributeName: 'song', KeyType: 'RANGE' },
          ],
          BillingMode: 'PAY_PER_REQUEST',
        },
      ],
    };
  }
}

// Answers what is signed with the key of the secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
export default router({ binding: 'DATABASES' });
