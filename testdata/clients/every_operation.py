"""boto3 calls every operation that docs/emulator.md offers, and each answer is held against botocore's model of the service: no member that AWS does not have, no value
of another type, no enumeration's value that it does not have, no error that is not the service's. The endpoint is in ENDPOINT_URL, the path of the document is the
argument. What an operation needs is taken from VALUES by the member's name; what is missing there is made up, so that some answers are errors: those are checked, too."""
import collections
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

endpoint = os.environ["ENDPOINT_URL"]
TITLES = {
    "Amazon ECS": "ecs", "Elastic Load Balancing": "elbv2", "Application Auto Scaling": "application-autoscaling", "AWS Security Token Service": "sts", "Amazon SNS": "sns",
    "Amazon SQS": "sqs", "Amazon CloudWatch Logs": "logs", "Amazon EC2 Auto Scaling": "autoscaling", "Amazon EC2": "ec2", "Amazon CloudWatch": "cloudwatch",
    "Service Quotas": "service-quotas", "AWS Lambda": "lambda", "Amazon EventBridge": "events", "AWS Step Functions": "stepfunctions",
}
# Errors of AWS as a whole, which no service's model lists. Source: the "common errors" of each API Reference.
COMMON = {
    "AccessDeniedException", "InternalFailure", "InvalidAction", "InvalidParameterCombination", "InvalidParameterValue", "MissingParameter", "ResourceNotFound", "Throttling",
    "ThrottlingException", "UnknownOperationException", "ValidationError", "ValidationException",
}
# What AWS answers and its model does not have. Source: EC2 API Reference, DescribeInternetGateways: the state of an attachment is available.
KNOWN = {"ec2 DescribeInternetGateways: available is no value of the enumeration: DescribeInternetGateways.internetGatewaySet[].attachmentSet[].state"}
NEW = tuple(int(n) for n in botocore.__version__.split(".")[:2]) >= (1, 43)  # as new as the API that the emulator has; older ones do not know all members
findings, counted = collections.Counter(), collections.defaultdict(collections.Counter)


def find(operation, what, where):
    if what.endswith(("that AWS does not have", "is no value of the enumeration")) and not NEW:
        return
    findings[f"{operation.service_model.service_name} {operation.name}: {what}: {re.sub(r'[0-9]+', 'N', where)}"] += 1


def scalar(operation, shape, text, where):
    kind = shape.type_name
    if kind in ("integer", "long") and not re.fullmatch(r"-?[0-9]+", text):
        find(operation, "not an integer", where)
    if kind in ("float", "double") and not re.fullmatch(r"-?[0-9.eE+-]+", text):
        find(operation, "not a number", where)
    if kind == "boolean" and text not in ("true", "false"):
        find(operation, "not a boolean", where)
    if kind == "string" and getattr(shape, "enum", None) and text not in shape.enum:
        find(operation, f"{text} is no value of the enumeration", where)


def in_json(operation, shape, value, where):
    kind = shape.type_name
    wanted = {"structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "timestamp": (int, float, str), "blob": str}.get(kind, (int, float))
    if shape.serialization.get("document") or getattr(shape, "is_document_type", False):
        return
    if value is None or not isinstance(value, wanted) or isinstance(value, bool) != (kind == "boolean"):
        find(operation, f"not a {kind}", where)
    elif kind == "structure":
        members = {m.serialization.get("name", n): m for n, m in shape.members.items()}
        for name, member in value.items():
            if name in members:
                in_json(operation, members[name], member, f"{where}.{name}")
            elif name not in ("__type", "ResponseMetadata"):
                find(operation, "a member that AWS does not have", f"{where}.{name}")
    elif kind == "list":
        for item in value:
            in_json(operation, shape.member, item, where + "[]")
    elif kind == "map":
        for item in value.values():
            in_json(operation, shape.value, item, where + "{}")
    elif kind != "timestamp":
        scalar(operation, shape, json.dumps(value) if kind == "boolean" else str(value), where)


def local(element):
    return element.tag.split("}")[-1]


def in_xml(operation, shape, element, where):
    kind = shape.type_name
    if kind == "structure":
        members = {m.serialization.get("name", n): m for n, m in shape.members.items()}
        for child in element:
            if local(child) in members:
                in_xml(operation, members[local(child)], child, f"{where}.{local(child)}")
            elif local(child) not in ("ResponseMetadata", "requestId"):
                find(operation, "an element that AWS does not have", f"{where}.{local(child)}")
    elif kind == "list":
        for child in element:
            in_xml(operation, shape.member, child, where + "[]")
            if local(child) != shape.member.serialization.get("name", "member"):
                find(operation, f"an item is called {local(child)}", where)
    elif kind == "map":
        for entry in element:
            parts = {local(part): part for part in entry}
            if shape.value.serialization.get("name", "value") not in parts:
                find(operation, "an entry without a value", where)
    elif kind != "timestamp":
        scalar(operation, shape, element.text or "", where)
    elif not re.fullmatch(r"[0-9-]{10}T[0-9:]{8}(\.[0-9]+)?Z", element.text or ""):
        find(operation, "not a time", where)


def check(http_response, parsed, model, **_):
    service, shape, body = model.service_model, model.output_shape, http_response.content
    if http_response.status_code >= 300:
        error = parsed.get("Error", {})
        code = error.get("QueryErrorCode", error.get("Code", ""))  # the former is what the error is called now, where the other is what it was in Query
        known = {e.name for e in model.error_shapes} | {e.error_code for e in model.error_shapes if e.metadata.get("error")} | COMMON
        if code not in known and service.service_name != "ec2":  # EC2's model has no errors at all
            find(model, "an error that the service does not have", code)
        return
    if shape is None or not body or shape.serialization.get("payload"):
        return
    if "xml" in http_response.headers.get("Content-Type", ""):
        root = ElementTree.fromstring(body)
        wrapper = shape.serialization.get("resultWrapper")
        in_xml(model, shape, next((e for e in root if local(e) == wrapper), root), model.name)
        return
    body = json.loads(body)
    outside = {n for n, m in shape.members.items() if m.serialization.get("location")}
    in_json(model, shape, {k: v for k, v in body.items() if k not in outside}, model.name)


session = boto3.Session()
clients = {}
older = []  # services that this botocore calls in a protocol that the emulator does not speak: SQS in Query, before the end of 2023
for name in TITLES.values():
    clients[name] = session.client(name, endpoint_url=endpoint, config=Config(retries={"mode": "standard", "max_attempts": 10}, parameter_validation=True))
    clients[name].meta.events.register("after-call", check)
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
        "ResourceArns": [balancer], "Actions": forward, "DefaultActions": forward, "Conditions": [{"Field": "path-pattern", "Values": ["/every"]}], "Priority": 7, "Subnets": subnets,
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
for known in KNOWN:
    findings.pop(known, None)
for finding, times in sorted(findings.items()):
    print(f"FAILED  {finding} ({times} times)")
sys.exit(bool(findings))
