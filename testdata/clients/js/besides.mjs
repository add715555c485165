// The JavaScript SDK v3 on what stands beside services: a topic and its queue, logs, task sets. The endpoint is in ENDPOINT_URL.
import assert from "node:assert/strict";
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, paginateFilterLogEvents, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateClusterCommand, CreateServiceCommand, CreateTaskSetCommand, DeleteTaskSetCommand, DescribeTaskSetsCommand, ECSClient, RegisterTaskDefinitionCommand, TaskSetNotFoundException,
} from "@aws-sdk/client-ecs";
import { CreateTopicCommand, NotFoundException, paginateListSubscriptionsByTopic, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, GetQueueUrlCommand, QueueDoesNotExist, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const config = { endpoint: process.env.ENDPOINT_URL, region: "us-east-1", maxAttempts: 10 }, once = { ...config, maxAttempts: 1 }; // why: see run.mjs
const ecs = new ECSClient(config), sns = new SNSClient(config), sqs = new SQSClient(config), logs = new CloudWatchLogsClient(config);
const ok = (what) => console.log(`ok      JavaScript SDK: ${what}`);

const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "js-events" }));
const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "js-events", tags: { team: "web" } }));
const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: Attributes.QueueArn }));
const subscribed = [];
for await (const page of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn })) subscribed.push(...page.Subscriptions);
assert.deepEqual(subscribed.map((s) => s.Endpoint), [Attributes.QueueArn]);
const published = await sns.send(new PublishCommand({ TopicArn, Message: "<&>\"'é", Subject: "s", MessageAttributes: { n: { DataType: "Number", StringValue: "1" } } }));
const [message] = (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }))).Messages; // this SDK compares the sum of the body
const envelope = JSON.parse(message.Body);
assert.deepEqual([envelope.MessageId, envelope.Message, envelope.Subject, envelope.MessageAttributes.n.Value], [published.MessageId, "<&>\"'é", "s", "1"]);
await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
assert.equal((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages, undefined);
await assert.rejects(new SQSClient(once).send(new GetQueueUrlCommand({ QueueName: "none" })), QueueDoesNotExist);
await assert.rejects(new SNSClient(once).send(new PublishCommand({ TopicArn: TopicArn + "x", Message: "m" })), NotFoundException);
ok("a message goes from a topic to its queue");

await logs.send(new CreateLogGroupCommand({ logGroupName: "js" }));
await logs.send(new CreateLogStreamCommand({ logGroupName: "js", logStreamName: "one" }));
const timestamp = Date.parse(envelope.Timestamp);
await logs.send(new PutLogEventsCommand({ logGroupName: "js", logStreamName: "one", logEvents: ["a", "b", "c"].map((message, i) => ({ message, timestamp: timestamp + i })) }));
const lines = [];
for await (const page of paginateFilterLogEvents({ client: logs, pageSize: 2 }, { logGroupName: "js" })) lines.push(...page.events.map((e) => e.message));
assert.deepEqual(lines, ["a", "b", "c"]);
ok("logs in pages of two");

const cluster = "js-sets", service = "ext";
await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
await ecs.send(new RegisterTaskDefinitionCommand({
  family: "js-set", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512", containerDefinitions: [{ name: "app", image: "app:1" }],
}));
await ecs.send(new CreateServiceCommand({ cluster, serviceName: service, desiredCount: 3, deploymentController: { type: "EXTERNAL" } }));
const { taskSet } = await ecs.send(new CreateTaskSetCommand({
  cluster, service, taskDefinition: "js-set", launchType: "FARGATE", scale: { value: 50, unit: "PERCENT" },
  networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-a"] } },
}));
assert.deepEqual([taskSet.computedDesiredCount, taskSet.status], [2, "ACTIVE"]);
const described = async () => (await ecs.send(new DescribeTaskSetsCommand({ cluster, service }))).taskSets;
for (let tries = 0; (await described())[0].stabilityStatus !== "STEADY_STATE"; tries++) {
  assert.ok(tries < 200, "the task set does not get steady");
  await new Promise((resolve) => setTimeout(resolve, 200));
}
assert.equal((await ecs.send(new DeleteTaskSetCommand({ cluster, service, taskSet: taskSet.id, force: true }))).taskSet.status, "DRAINING");
await assert.rejects(new ECSClient(once).send(new DeleteTaskSetCommand({ cluster, service, taskSet: "ecs-svc/1" })), TaskSetNotFoundException);
ok("task sets");
