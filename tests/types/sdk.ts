// Our types and the AWS SDK's stand for each other. Checked by tsc, never run.
import type * as low from '@aws-sdk/client-dynamodb';
import { PutItemCommand, QueryCommand as LowQueryCommand } from '@aws-sdk/client-dynamodb';
import type * as lib from '@aws-sdk/lib-dynamodb';
import { GetCommand, NumberValue as SdkNumberValue, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type * as own from '../../pkg/src/index.js';
import type { NumberValue } from '../../pkg/src/index.js';

declare const doc: own.DocumentClient;
declare const client: own.Client;
declare const db: own.Database;

/** `A` may stand where `B` is wanted. */
type Fits<A extends B, B> = A;

// Inputs both ways: code written for the one compiles against the other.
export type Inputs = [
  Fits<lib.GetCommandInput, own.GetCommandInput>,
  Fits<own.GetCommandInput, lib.GetCommandInput>,
  Fits<lib.PutCommandInput, own.PutCommandInput>,
  Fits<own.PutCommandInput, lib.PutCommandInput>,
  Fits<lib.UpdateCommandInput, own.UpdateCommandInput>,
  Fits<own.UpdateCommandInput, lib.UpdateCommandInput>,
  Fits<lib.DeleteCommandInput, own.DeleteCommandInput>,
  Fits<own.DeleteCommandInput, lib.DeleteCommandInput>,
  Fits<lib.QueryCommandInput, own.QueryCommandInput>,
  Fits<own.QueryCommandInput, lib.QueryCommandInput>,
  Fits<lib.ScanCommandInput, own.ScanCommandInput>,
  Fits<own.ScanCommandInput, lib.ScanCommandInput>,
  Fits<lib.BatchGetCommandInput, own.BatchGetCommandInput>,
  Fits<own.BatchGetCommandInput, lib.BatchGetCommandInput>,
  Fits<lib.BatchWriteCommandInput, own.BatchWriteCommandInput>,
  Fits<own.BatchWriteCommandInput, lib.BatchWriteCommandInput>,
  Fits<lib.TransactGetCommandInput, own.TransactGetCommandInput>,
  Fits<own.TransactGetCommandInput, lib.TransactGetCommandInput>,
  Fits<lib.TransactWriteCommandInput, own.TransactWriteCommandInput>,
  Fits<own.TransactWriteCommandInput, lib.TransactWriteCommandInput>,
  Fits<own.TransactWriteItemsCommandInput, low.TransactWriteItemsCommandInput>,
  Fits<lib.ExecuteStatementCommandInput, own.ExecuteStatementCommandInput>,
  Fits<own.ExecuteStatementCommandInput, lib.ExecuteStatementCommandInput>,
  Fits<lib.BatchExecuteStatementCommandInput, own.BatchExecuteStatementCommandInput>,
  Fits<own.BatchExecuteStatementCommandInput, lib.BatchExecuteStatementCommandInput>,
  Fits<lib.ExecuteTransactionCommandInput, own.ExecuteTransactionCommandInput>,
  Fits<own.ExecuteTransactionCommandInput, lib.ExecuteTransactionCommandInput>,
  Fits<own.ExecuteStatementItemsInput, low.ExecuteStatementCommandInput>,
  Fits<own.BatchExecuteStatementItemsInput, low.BatchExecuteStatementCommandInput>,
  Fits<own.ExecuteTransactionItemsInput, low.ExecuteTransactionCommandInput>,
  Fits<own.CreateTableInput, low.CreateTableCommandInput>,
  Fits<own.UpdateTableInput, low.UpdateTableCommandInput>,
  Fits<own.TagResourceInput, low.TagResourceCommandInput>,
  Fits<own.UntagResourceInput, low.UntagResourceCommandInput>,
  Fits<own.ListTagsOfResourceInput, low.ListTagsOfResourceCommandInput>,
  Fits<own.PutItemCommandInput, low.PutItemCommandInput>,
  Fits<own.QueryItemsInput, low.QueryCommandInput>,
  Fits<own.BatchWriteItemCommandInput, low.BatchWriteItemCommandInput>,
];

// Outputs: code that reads the SDK's reads ours.
export type Outputs = [
  Fits<own.GetCommandOutput, lib.GetCommandOutput>,
  Fits<own.PutCommandOutput, lib.PutCommandOutput>,
  Fits<own.UpdateCommandOutput, lib.UpdateCommandOutput>,
  Fits<own.DeleteCommandOutput, lib.DeleteCommandOutput>,
  Fits<own.QueryCommandOutput, lib.QueryCommandOutput>,
  Fits<own.ScanCommandOutput, lib.ScanCommandOutput>,
  Fits<own.BatchGetCommandOutput, lib.BatchGetCommandOutput>,
  Fits<own.BatchWriteCommandOutput, lib.BatchWriteCommandOutput>,
  Fits<own.TransactGetCommandOutput, lib.TransactGetCommandOutput>,
  Fits<own.TransactWriteCommandOutput, lib.TransactWriteCommandOutput>,
  Fits<own.TransactGetItemsCommandOutput, low.TransactGetItemsCommandOutput>,
  Fits<own.ExecuteStatementCommandOutput, lib.ExecuteStatementCommandOutput>,
  Fits<own.BatchExecuteStatementCommandOutput, lib.BatchExecuteStatementCommandOutput>,
  Fits<own.ExecuteTransactionCommandOutput, lib.ExecuteTransactionCommandOutput>,
  Fits<own.ExecuteStatementItemsOutput, low.ExecuteStatementCommandOutput>,
  Fits<own.BatchExecuteStatementItemsOutput, low.BatchExecuteStatementCommandOutput>,
  Fits<own.ExecuteTransactionItemsOutput, low.ExecuteTransactionCommandOutput>,
  Fits<own.GetItemCommandOutput, low.GetItemCommandOutput>,
  Fits<own.QueryItemsOutput, low.QueryCommandOutput>,
  Fits<own.DescribeTableOutput, low.DescribeTableCommandOutput>,
  Fits<own.ListTablesOutput, low.ListTablesCommandOutput>,
  Fits<own.UpdateTableOutput, low.UpdateTableCommandOutput>,
  Fits<own.DescribeLimitsOutput, low.DescribeLimitsCommandOutput>,
  Fits<own.ListTagsOfResourceOutput, low.ListTagsOfResourceCommandOutput>,
];

export type Values = [Fits<SdkNumberValue, NumberValue>, Fits<NumberValue, SdkNumberValue>];

export const config: DynamoDBClientConfig = { requestHandler: db.handler() };

export async function send() {
  const { Item } = await doc.send(new GetCommand({ TableName: 't', Key: { a: 1 } }));
  const item: Record<string, unknown> | undefined = Item;
  const { Attributes } = await doc.send(new UpdateCommand({ TableName: 't', Key: { a: 1 } }), {});
  const put: low.PutItemCommandOutput = await client.send(new PutItemCommand({ TableName: 't', Item: {} }));
  const page: low.QueryCommandOutput = await doc.send(new LowQueryCommand({ TableName: 't' }));
  // @ts-expect-error the output is that of the command
  const wrong: lib.QueryCommandOutput['Count'] = Item;
  return [item, Attributes, put, page, wrong];
}
