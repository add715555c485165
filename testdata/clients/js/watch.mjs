// The JavaScript SDK v3 on CloudWatch in each of the protocols that it can be given: JSON, which is its own, Query, and CBOR. The endpoint is in ENDPOINT_URL.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import {
  CloudWatchClient, DeleteAlarmsCommand, DescribeAlarmsCommand, GetMetricDataCommand, GetMetricStatisticsCommand, InvalidParameterValueException, paginateDescribeAlarms, PutMetricAlarmCommand,
  PutMetricDataCommand, ResourceNotFound, SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";

const its = createRequire(new URL("./node_modules/@aws-sdk/client-cloudwatch/package.json", import.meta.url)); // the protocols that belong to this version
const { AwsJson1_0Protocol, AwsQueryProtocol } = its("@aws-sdk/core/protocols"), { SmithyRpcV2CborProtocol } = its("@smithy/core/cbor");

for (const [name, protocol] of Object.entries({ JSON: AwsJson1_0Protocol, Query: AwsQueryProtocol, CBOR: SmithyRpcV2CborProtocol })) {
  const config = { endpoint: process.env.ENDPOINT_URL, region: "us-east-1", protocol };
  const watch = new CloudWatchClient({ ...config, maxAttempts: 10 }), once = new CloudWatchClient({ ...config, maxAttempts: 1 }); // why: see run.mjs
  const Namespace = `JavaScript/${name}`, MetricName = "load", Dimensions = [{ Name: "é<&>", Value: "\"1\"" }];
  const now = new Date((await fetch(process.env.ENDPOINT_URL + "/_handover/")).headers.get("date")); // the world's

  await watch.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName, Dimensions, Values: [1.5, -2], Counts: [2, 1], Unit: "Count" }, { MetricName, Dimensions, Value: 1e-3 }] }));
  const span = { StartTime: new Date(now.getTime() - 7200e3), EndTime: new Date(now.getTime() + 7200e3) };
  const { Datapoints } = await watch.send(new GetMetricStatisticsCommand({ ...span, Namespace, MetricName, Dimensions, Period: 14400, Statistics: ["Minimum", "SampleCount"] }));
  assert.deepEqual(Datapoints.map((d) => [d.Minimum, d.SampleCount]).flat().slice(0, 2), [-2, 4]);
  assert.ok(Datapoints[0].Timestamp instanceof Date);
  const { MetricDataResults } = await watch.send(new GetMetricDataCommand({ ...span, MetricDataQueries: [{ Id: "sum", MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: 14400, Stat: "Sum" } }] }));
  assert.deepEqual([MetricDataResults[0].Id, MetricDataResults[0].StatusCode, MetricDataResults[0].Values[0].toFixed(3)], ["sum", "Complete", "1.001"]);

  const AlarmName = `js-${name}`;
  for (const n of ["a", "b", "c"]) {
    await watch.send(new PutMetricAlarmCommand({
      AlarmName: AlarmName + n, Namespace, MetricName: "nothing", TreatMissingData: "ignore", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 0.5, ComparisonOperator: "GreaterThanThreshold", ActionsEnabled: false,
    }));
  }
  await watch.send(new SetAlarmStateCommand({ AlarmName: AlarmName + "b", StateValue: "ALARM", StateReason: "é" }));
  const alarms = [];
  for await (const page of paginateDescribeAlarms({ client: watch, pageSize: 2 }, { AlarmNamePrefix: AlarmName })) alarms.push(...page.MetricAlarms);
  assert.deepEqual(alarms.map((a) => [a.AlarmName.slice(-1), a.Threshold, a.ActionsEnabled]), [["a", 0.5, false], ["b", 0.5, false], ["c", 0.5, false]]);
  assert.equal(alarms[1].StateReason, "é");
  await watch.send(new DeleteAlarmsCommand({ AlarmNames: alarms.map((a) => a.AlarmName) }));
  await assert.rejects(once.send(new SetAlarmStateCommand({ AlarmName, StateValue: "OK", StateReason: "" })), ResourceNotFound);
  await assert.rejects(once.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName, Value: NaN }] })), InvalidParameterValueException);
  console.log(`ok      JavaScript SDK: CloudWatch in ${name}`);
}
