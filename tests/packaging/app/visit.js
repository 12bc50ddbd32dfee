const TABLE = {
  TableName: 'visits',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
};

/** Counts a visit in a table; the count becomes the title of the page. */
export async function visit(open, options) {
  try {
    const db = await open({ name: 'visits', tables: [TABLE], ...options });
    const { Attributes } = await db
      .documentClient()
      .update({
        TableName: 'visits',
        Key: { id: 'page' },
        UpdateExpression: 'ADD seen :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'UPDATED_NEW',
      });
    // What is in the engine's second file.
    await db.client().describeTimeToLive({ TableName: 'visits' });
    await db.close();
    document.title = `seen ${Attributes.seen}`;
  } catch (error) {
    document.title = String(error);
  }
}
