// The JavaScript SDK v3 as people use it: a service behind a target group is created, updated, and its tasks stopped. The endpoint is in ENDPOINT_URL.
import assert from "node:assert/strict";
import { ApplicationAutoScalingClient, paginateDescribeScalableTargets } from "@aws-sdk/client-application-auto-scaling";
import {
  ClusterNotFoundException, CreateClusterCommand, CreateServiceCommand, DeleteClusterCommand, DeleteServiceCommand, DescribeServicesCommand, DescribeTasksCommand, ECSClient,
  InvalidParameterException, ListTagsForResourceCommand, ListTasksCommand, paginateListServices, paginateListTasks, RegisterTaskDefinitionCommand, ServiceNotFoundException,
  StopTaskCommand, UpdateServiceCommand, waitUntilServicesInactive, waitUntilServicesStable, waitUntilTasksRunning, waitUntilTasksStopped,
} from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand, CreateLoadBalancerCommand, CreateTargetGroupCommand, DeleteLoadBalancerCommand, DeleteTargetGroupCommand, DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client, ModifyTargetGroupAttributesCommand, DescribeTargetGroupsCommand, TargetGroupNotFoundException, waitUntilTargetInService,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const config = { endpoint: process.env.ENDPOINT_URL, region: "us-east-1", maxAttempts: 10 };
const ecs = new ECSClient(config);
const elb = new ElasticLoadBalancingV2Client(config);
const cluster = "js", service = "api";
// An answer's Date is the world's, which goes 300 times as fast. This SDK takes that for a clock that is wrong, and repeats whatever was refused; not here.
const once = new ECSClient({ ...config, maxAttempts: 1 }), elbOnce = new ElasticLoadBalancingV2Client({ ...config, maxAttempts: 1 });
// The emulator goes 300 times as fast as AWS, so the hour for which a stopped task is shown is 12 s.
const waiting = { client: ecs, minDelay: 1, maxDelay: 2, maxWaitTime: 60 };
const ok = (what) => console.log(`ok      JavaScript SDK: ${what}`);
async function all(pages, member) {
  const items = [];
  for await (const page of pages) items.push(...page[member]);
  return items;
}
const described = async () => (await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }))).services[0];

assert.equal((await new STSClient(config).send(new GetCallerIdentityCommand({}))).Account, "123456789012");
ok("who");

assert.equal((await ecs.send(new CreateClusterCommand({ clusterName: cluster }))).cluster.status, "ACTIVE");
const registered = await ecs.send(new RegisterTaskDefinitionCommand({
  family: "js-api", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512", executionRoleArn: "arn:aws:iam::123456789012:role/execution",
  containerDefinitions: [{
    name: "app", image: "app:latest", essential: true, portMappings: [{ containerPort: 80 }], environment: [{ name: "MODE", value: "<&>\"'é" }],
    logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app" } },
  }],
}));
assert.equal(registered.taskDefinition.revision, 1);
assert.equal(registered.taskDefinition.containerDefinitions[0].environment[0].value, "<&>\"'é");
assert.equal(registered.taskDefinition.containerDefinitions[0].logConfiguration.options["awslogs-group"], "g");
ok("a cluster and a task definition");

const made = await elb.send(new CreateTargetGroupCommand({ Name: "js-web", Protocol: "HTTP", Port: 80, VpcId: "vpc-1", TargetType: "ip", HealthCheckPath: "/a?b=1&c=<2>" }));
const group = made.TargetGroups[0].TargetGroupArn;
assert.equal(made.TargetGroups[0].HealthCheckPath, "/a?b=1&c=<2>");
await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "30" }] }));
const balancer = (await elb.send(new CreateLoadBalancerCommand({ Name: "js-front", Subnets: ["subnet-a", "subnet-b"] }))).LoadBalancers[0].LoadBalancerArn;
await elb.send(new CreateListenerCommand({ LoadBalancerArn: balancer, Port: 80, Protocol: "HTTP", DefaultActions: [{ Type: "forward", TargetGroupArn: group }] }));
const created = await ecs.send(new CreateServiceCommand({
  cluster, serviceName: service, taskDefinition: "js-api", desiredCount: 5, launchType: "FARGATE", tags: [{ key: "team", value: "web" }],
  loadBalancers: [{ targetGroupArn: group, containerName: "app", containerPort: 80 }],
  networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-a"] } },
  deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
}));
assert.equal(created.service.deployments[0].rolloutState, "IN_PROGRESS");
assert.ok(created.service.createdAt instanceof Date);
await waitUntilServicesStable(waiting, { cluster, services: [service] });
assert.equal((await described()).runningCount, 5);
ok("a service behind a target group, and waitUntilServicesStable");

const first = await all(paginateListTasks({ client: ecs, pageSize: 2 }, { cluster, serviceName: service }), "taskArns");
assert.equal(new Set(first).size, 5);
assert.deepEqual((await all(paginateListServices({ client: ecs, pageSize: 1 }, { cluster }), "serviceArns")).map((arn) => arn.split("/").at(-1)), [service]);
ok("paginateListTasks in pages of two, paginateListServices");

await waitUntilTasksRunning(waiting, { cluster, tasks: first });
await waitUntilTargetInService({ ...waiting, client: elb }, { TargetGroupArn: group });
const health = (await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: group }))).TargetHealthDescriptions;
assert.deepEqual(health.map((t) => t.TargetHealth.State), Array(5).fill("healthy"));
const tasks = (await ecs.send(new DescribeTasksCommand({ cluster, tasks: first, include: ["TAGS"] }))).tasks;
assert.deepEqual(new Set(tasks.map((t) => t.group)), new Set([`service:${service}`]));
assert.deepEqual(new Set(tasks.map((t) => t.containers[0].networkInterfaces[0].privateIpv4Address)), new Set(health.map((t) => t.Target.Id)));
ok("waitUntilTasksRunning, waitUntilTargetInService; tasks are the targets");

await ecs.send(new UpdateServiceCommand({ cluster, service, forceNewDeployment: true }));
assert.deepEqual((await described()).deployments.map((d) => d.status), ["PRIMARY", "ACTIVE"]);
await waitUntilTasksStopped(waiting, { cluster, tasks: first });
await waitUntilServicesStable(waiting, { cluster, services: [service] });
const second = (await ecs.send(new ListTasksCommand({ cluster, serviceName: service }))).taskArns;
assert.equal(second.filter((arn) => first.includes(arn)).length, 0);
ok("a new deployment replaces each task; waitUntilTasksStopped");

for (const task of second) {
  assert.equal((await ecs.send(new StopTaskCommand({ cluster, task, reason: "by hand" }))).task.desiredStatus, "STOPPED");
}
await waitUntilTasksStopped(waiting, { cluster, tasks: second });
const stopped = (await ecs.send(new DescribeTasksCommand({ cluster, tasks: second }))).tasks;
assert.deepEqual(new Set(stopped.map((t) => `${t.stopCode} ${t.stoppedReason}`)), new Set(["UserInitiated by hand"]));
assert.ok(stopped.every((t) => t.stoppedAt > t.stoppingAt));
await waitUntilServicesStable(waiting, { cluster, services: [service] });
assert.equal((await described()).runningCount, 5);
ok("stopped tasks are replaced");

assert.deepEqual((await ecs.send(new ListTagsForResourceCommand({ resourceArn: created.service.serviceArn }))).tags, [{ key: "team", value: "web" }]);
assert.deepEqual(await all(paginateDescribeScalableTargets({ client: new ApplicationAutoScalingClient(config) }, { ServiceNamespace: "ecs" }), "ScalableTargets"), []);
await assert.rejects(once.send(new UpdateServiceCommand({ cluster, service: "none" })), (e) => e instanceof ServiceNotFoundException && e.$metadata.httpStatusCode === 400);
await assert.rejects(once.send(new ListTasksCommand({ cluster: "none" })), ClusterNotFoundException);
await assert.rejects(once.send(new StopTaskCommand({ cluster, task: "0".repeat(32) })), InvalidParameterException);
await assert.rejects(elbOnce.send(new DescribeTargetGroupsCommand({ Names: ["none"] })), TargetGroupNotFoundException);
ok("errors are of the SDK's classes");

await ecs.send(new DeleteServiceCommand({ cluster, service, force: true }));
await waitUntilServicesInactive(waiting, { cluster, services: [service] });
const last = (await ecs.send(new ListTasksCommand({ cluster, desiredStatus: "STOPPED" }))).taskArns;
await waitUntilTasksStopped(waiting, { cluster, tasks: last });
await ecs.send(new DeleteClusterCommand({ cluster }));
await elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: balancer }));
await elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: group }));
ok("and all of it is deleted; waitUntilServicesInactive");
