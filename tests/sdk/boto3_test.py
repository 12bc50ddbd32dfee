"""boto3 against the endpoint named on the command line; exits with 0 and says how many checks held."""

import os
import sys
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError

checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        raise SystemExit(f"failed: {what}")


def fails(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        check(error.response["Error"]["Code"] == code, f"{code}, got {error}")
        return error.response
    raise SystemExit(f"failed: expected {code}")


settings = {
    "endpoint_url": sys.argv[1],
    "region_name": "us-east-1",
    "aws_access_key_id": os.environ.get("AWS_ACCESS_KEY_ID", "x"),
    "aws_secret_access_key": os.environ.get("AWS_SECRET_ACCESS_KEY", "y"),
    "config": Config(retries={"max_attempts": 1}),
}
client = boto3.client("dynamodb", **settings)
resource = boto3.resource("dynamodb", **settings)

# Tables, with boto3's waiter and its check of the x-amz-crc32 header.
table = resource.create_table(
    TableName="music",
    KeySchema=[{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}],
    AttributeDefinitions=[
        {"AttributeName": "artist", "AttributeType": "S"},
        {"AttributeName": "year", "AttributeType": "N"},
        {"AttributeName": "genre", "AttributeType": "S"},
    ],
    GlobalSecondaryIndexes=[
        {
            "IndexName": "byGenre",
            "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    BillingMode="PAY_PER_REQUEST",
)
table.wait_until_exists()
check(client.list_tables()["TableNames"] == ["music"], "list_tables")
described = client.describe_table(TableName="music")["Table"]
check(described["TableStatus"] == "ACTIVE", "describe_table")
check(described["CreationDateTime"].year > 2000, "CreationDateTime is a date")
fails("ResourceNotFoundException", client.describe_table, TableName="nowhere")

# Items of every type.
item = {
    "artist": "Ärzte",
    "year": 1988,
    "text": "grüße 😀",
    "exact": Decimal("12345678901234567890.123456789012345678"),
    "bytes": b"\x00\xff",
    "yes": True,
    "nothing": None,
    "list": [1, "a", [None]],
    "map": {"nested": {"deep": Decimal("0.1")}},
    "strings": {"a", "b"},
    "numbers": {1, Decimal("2.5")},
    "binaries": {b"\x01"},
}
table.put_item(Item=item)
back = table.get_item(Key={"artist": "Ärzte", "year": 1988})["Item"]
check(back["bytes"].value == b"\x00\xff", "bytes")
check({b.value for b in back["binaries"]} == {b"\x01"}, "binary set")
for name in ("bytes", "binaries"):
    del back[name], item[name]
check(back == item, f"item, got {back}")

# Conditions, updates, deletes.
response = fails(
    "ConditionalCheckFailedException",
    client.put_item,
    TableName="music",
    Item={"artist": {"S": "Ärzte"}, "year": {"N": "1988"}},
    ConditionExpression="attribute_not_exists(artist)",
    ReturnValuesOnConditionCheckFailure="ALL_OLD",
)
check(response["Item"]["text"] == {"S": "grüße 😀"}, "Item of the failed condition")
updated = table.update_item(
    Key={"artist": "Ärzte", "year": 1988},
    UpdateExpression="SET plays = if_not_exists(plays, :zero) + :one REMOVE #l",
    ExpressionAttributeNames={"#l": "list"},
    ExpressionAttributeValues={":zero": 0, ":one": 1},
    ReturnValues="UPDATED_NEW",
)
check(updated["Attributes"] == {"plays": Decimal(1)}, "update_item")
old = table.delete_item(Key={"artist": "Ärzte", "year": 1988}, ReturnValues="ALL_OLD")
check(old["Attributes"]["plays"] == 1, "delete_item")
fails("ValidationException", table.get_item, Key={"artist": "x"})
fails("ValidationException", table.put_item, Item={"artist": "", "year": 1})

# boto3's batch writer, conditions and paginators.
with table.batch_writer() as batch:
    for n in range(60):
        batch.put_item(Item={"artist": "many", "year": n, "genre": "pop" if n % 3 else "rock", "n": n})
found = table.query(KeyConditionExpression=Key("artist").eq("many") & Key("year").between(10, 12))
check([i["year"] for i in found["Items"]] == [10, 11, 12], "query between")
found = table.query(KeyConditionExpression=Key("artist").eq("many"), FilterExpression=Attr("n").gt(50) | Attr("n").eq(3), ScanIndexForward=False)
check([i["n"] for i in found["Items"]] == [59, 58, 57, 56, 55, 54, 53, 52, 51, 3], "filter, backwards")
check(table.query(IndexName="byGenre", KeyConditionExpression=Key("genre").eq("rock"))["Count"] == 20, "index")
pages = client.get_paginator("query").paginate(
    TableName="music",
    KeyConditionExpression="artist = :a",
    ExpressionAttributeValues={":a": {"S": "many"}},
    PaginationConfig={"PageSize": 7},
)
years = [int(i["year"]["N"]) for page in pages for i in page["Items"]]
check(years == list(range(60)), "paginated query")
scanned = sum(page["Count"] for page in client.get_paginator("scan").paginate(TableName="music", PaginationConfig={"PageSize": 11}))
check(scanned == 60, "paginated scan")
got = resource.batch_get_item(RequestItems={"music": {"Keys": [{"artist": "many", "year": n} for n in (1, 2, 99)]}})
check(sorted(i["year"] for i in got["Responses"]["music"]) == [1, 2], "batch_get_item")

# Transactions.
write = lambda n: {"Put": {"TableName": "music", "Item": {"artist": {"S": "tx"}, "year": {"N": str(n)}}, "ConditionExpression": "attribute_not_exists(artist)"}}
client.transact_write_items(TransactItems=[write(1), write(2)])
try:
    client.transact_write_items(TransactItems=[write(3), write(2)])
    check(False, "a cancelled transaction")
except client.exceptions.TransactionCanceledException as error:
    reasons = error.response["CancellationReasons"]
    check([r["Code"] for r in reasons] == ["None", "ConditionalCheckFailed"], "reasons")
got = client.transact_get_items(TransactItems=[{"Get": {"TableName": "music", "Key": {"artist": {"S": "tx"}, "year": {"N": str(n)}}}} for n in (1, 3)])
check(["Item" in r for r in got["Responses"]] == [True, False], "transact_get_items")

table.delete()
table.wait_until_not_exists()
check(client.list_tables()["TableNames"] == [], "table deleted")
print(f"ok {checks} checks")
