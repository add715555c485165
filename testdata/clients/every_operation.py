"""boto3 calls every operation that docs/emulator.md offers, so that the wire check sees an answer of each. The endpoint is in ENDPOINT_URL, the path of the document is the
argument. What an operation needs is taken from VALUES by the member's name; what is missing there is made up, so that some answers are errors: those are checked, too."""
import collections
import json
import os
import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

endpoint = os.environ["ENDPOINT_URL"]
TITLES = {
    "Amazon ECS": "ecs", "Elastic Load Balancing": "elbv2", "Application Auto Scaling": "application-autoscaling", "AWS Security Token Service": "sts", "Amazon SNS": "sns",
    "Amazon SQS": "sqs", "Amazon CloudWatch Logs": "logs", "Amazon EC2 Auto Scaling": "autoscaling", "Amazon EC2": "ec2", "Amazon CloudWatch": "cloudwatch",
    "Service Quotas": "service-quotas", "AWS Lambda": "lambda", "Amazon EventBridge": "events", "AWS Step Functions": "stepfunctions",
}
counted = collections.defaultdict(collections.Counter)
session = boto3.Session()
clients = {}
older = []  # services that this botocore calls in a protocol that the emulator does not speak: SQS in Query, before the end of 2023
for name in TITLES.values():
    clients[name] = session.client(name, endpoint_url=endpoint, config=Config(retries={"mode": "standard", "max_attempts": 10}, parameter_validation=True))
if clients["sqs"].meta.service_model.metadata["protocol"] == "query":
    older.append("sqs")


class By(dict):
    """What a member is, by service; * is any other."""


def prepare():
    """Makes one of everything, and gives what operations call it."""
    sqs, sns, logs, events, states, watch, ec2, elb, groups = (clients[n] for n in ["sqs", "sns", "logs", "events", "stepfunctions", "cloudwatch", "ec2", "elbv2", "autoscaling"])
    queue = "none"
    if "sqs" not in older:
        queue = sqs.create_queue(QueueName="every")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="1")
    topic = sns.create_topic(Name="every")["TopicArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:every", ReturnSubscriptionArn=True)["SubscriptionArn"]
    logs.create_log_group(logGroupName="every", tags={"a": "b"})
    logs.create_log_stream(logGroupName="every", logStreamName="every")
    rule = events.put_rule(Name="every", EventPattern='{"source":["aws.ecs"]}')["RuleArn"]
    events.put_targets(Rule="every", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:every"}])
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}})
    machine = states.create_state_machine(name="every", definition=definition, roleArn="arn:aws:iam::123456789012:role/every")["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    watch.put_metric_alarm(AlarmName="every", Namespace="Every", MetricName="every", Statistic="Average", Period=60, EvaluationPeriods=1, Threshold=1,
                           ComparisonOperator="GreaterThanThreshold", Dimensions=[{"Name": "a", "Value": "b"}])
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]]
    balancer = elb.create_load_balancer(Name="every", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    target_group = elb.create_target_group(Name="every", Protocol="HTTP", Port=80, VpcId=ec2.describe_vpcs()["Vpcs"][0]["VpcId"], TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": target_group}]
    listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)["Listeners"][0]["ListenerArn"]
    template = ec2.create_launch_template(LaunchTemplateName="every", LaunchTemplateData={"ImageId": "ami-12345678", "InstanceType": "m5.large"})["LaunchTemplate"]["LaunchTemplateId"]
    groups.create_auto_scaling_group(AutoScalingGroupName="every", MinSize=0, MaxSize=2, LaunchTemplate={"LaunchTemplateId": template}, AvailabilityZones=["us-east-1a"])
    service = "service/default/test"
    return {
        "QueueUrl": queue, "QueueName": "every", "MessageBody": "1", "ReceiptHandle": "none", "TopicArn": topic, "SubscriptionArn": subscription, "Protocol": By({"sns": "sqs", "*": "HTTP"}),
        "Endpoint": "arn:aws:sqs:us-east-1:123456789012:every", "Message": "1", "logGroupName": "every", "logStreamName": "every", "logGroupIdentifier": "every",
        "logEvents": [{"timestamp": 1, "message": "1"}], "Name": "every", "name": "every", "Rule": By({"events": "every", "*": rule}), "TargetArn": "arn:aws:sqs:us-east-1:123456789012:every",
        "EventPattern": '{"source":["aws.ecs"]}', "Event": '{"source":"aws.ecs"}', "Entries": By({"events": [{"Source": "every", "DetailType": "every", "Detail": "{}"}]}), "Ids": ["none"],
        "Targets": By({"events": [{"Id": "2", "Arn": "arn:aws:sqs:us-east-1:123456789012:every"}], "elbv2": [{"Id": "10.0.0.9", "Port": 80}]}),
        "ResourceARN": By({"events": rule, "application-autoscaling": "none", "cloudwatch": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:every"}), "ResourceArn": topic,
        "resourceArn": By({"logs": "arn:aws:logs:us-east-1:123456789012:log-group:every", "stepfunctions": machine, "ecs": "arn:aws:ecs:us-east-1:123456789012:cluster/default"}),
        "stateMachineArn": machine, "executionArn": execution, "definition": definition, "roleArn": "arn:aws:iam::123456789012:role/every", "AlarmName": "every", "AlarmNames": ["every"],
        "Namespace": "Every", "MetricName": "every", "MetricData": [{"MetricName": "every", "Value": 2, "Dimensions": [{"Name": "a", "Value": "b"}]}], "StateValue": "OK", "Statistics": ["Sum"],
        "StartTime": 1795251600, "EndTime": 1795255200, "Period": 60, "LoadBalancerArn": balancer, "LoadBalancerArns": [balancer], "TargetGroupArn": target_group, "ListenerArn": listener,
        "ResourceArns": [balancer], "Actions": By({"elbv2": forward, "sqs": ["SendMessage"]}), "DefaultActions": forward, "Conditions": [{"Field": "path-pattern", "Values": ["/every"]}], "Priority": 7, "Subnets": subnets,
        "LaunchTemplateId": template, "LaunchTemplateName": "every-more", "LaunchTemplateData": {"ImageId": "ami-12345678"}, "AutoScalingGroupName": "every", "MinSize": 0, "MaxSize": 1,
        "cluster": "default", "clusters": ["default"], "service": "test", "services": ["test"], "taskDefinition": "test", "ServiceNamespace": "ecs", "ResourceId": service,
        "ScalableDimension": "ecs:service:DesiredCount", "PolicyName": "every", "RoleArn": "arn:aws:iam::123456789012:role/every", "RoleSessionName": "every", "Port": 80,
        "CidrBlock": "10.1.0.0/16", "VpcId": "vpc-0123456789abcdef0", "SubnetId": subnets[0], "SubnetIds": subnets, "GroupName": "every", "Description": "every", "MinCount": 1, "MaxCount": 1,
        "ImageId": "ami-12345678",
    }


def value(service, name, shape, depth=0):
    given = VALUES.get(name)
    if isinstance(given, By):
        given = given.get(service, given.get("*"))
    if given is not None:
        return given
    kind = shape.type_name
    if kind == "structure":
        return {n: value(service, n, m, depth + 1) for n, m in shape.members.items() if n in shape.required_members} if depth < 5 else {}
    if kind == "list":
        return [value(service, name, shape.member, depth + 1)]
    if kind == "map":
        return {"a": value(service, name, shape.value, depth + 1)}
    if kind == "string":
        return shape.enum[0] if getattr(shape, "enum", None) else "every".ljust(shape.metadata.get("min", 0), "y")
    return {"boolean": True, "timestamp": 1795251600, "blob": b"1", "float": 1.0, "double": 1.0}.get(kind, 1)


def offered(path):
    """The operations in the tables of the document, by service."""
    found, service = {}, None
    for line in open(path, encoding="utf-8"):
        if line.startswith("### "):
            service = TITLES[line[4:].strip()]
        elif service and line.startswith(("| `", "`")):
            found[service] = re.findall(r"`([A-Za-z]+)`", line.split("|")[1] if line.startswith("|") else line)
    return found


VALUES = prepare()
methods = {name: {c.meta.method_to_api_mapping[m]: m for m in c.meta.method_to_api_mapping} for name, c in clients.items()}
last = ("Delete", "Terminate", "Stop", "Deregister", "Remove", "Unsubscribe", "Purge", "Untag")
for service, operations in offered(sys.argv[1]).items():
    if service in older:
        continue
    for operation in sorted(operations, key=lambda o: (o.startswith(last), o)):
        if operation not in methods[service]:
            continue  # this botocore is older than the operation
        client = clients[service]
        shape = client.meta.service_model.operation_model(operation).input_shape
        arguments = {n: value(service, n, m) for n, m in shape.members.items() if n in shape.required_members} if shape else {}
        try:
            getattr(client, methods[service][operation])(**arguments)
            counted[service]["answers"] += 1
        except ClientError:
            counted[service]["errors"] += 1
        except ParamValidationError as wrong:
            sys.exit(f"FAILED  {service} {operation}: {wrong}")

print("ok      boto3, every operation: " + ", ".join(f"{s} {c['answers']} answers and {c['errors']} errors" for s, c in counted.items()))
