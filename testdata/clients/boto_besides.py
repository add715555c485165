"""boto3 on what stands beside services: task sets, commands in containers, topics and queues, logs, load balancers. The endpoint is in ENDPOINT_URL."""
import os
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = os.environ["ENDPOINT_URL"]
config = Config(retries={"mode": "standard", "max_attempts": 10})


def client(name):
    return boto3.client(name, endpoint_url=endpoint, config=config)


ecs, elb, sns, logs, scaling, ec2 = (client(name) for name in ["ecs", "elbv2", "sns", "logs", "application-autoscaling", "ec2"])


def check(what, got, want):
    if got != want:
        sys.exit(f"FAILED  boto3: {what}: got {got!r}, want {want!r}")
    print(f"ok      boto3: {what}")


def refused(call):
    try:
        call()
        return "accepted"
    except ClientError as e:
        return e.response["Error"]["Code"]


def until(what, condition):
    end = time.time() + 60
    while not condition():
        if time.time() > end:
            sys.exit(f"FAILED  boto3: {what} did not come within a minute")
        time.sleep(0.2)
    print(f"ok      boto3: {what}")


# Task definitions as the console writes them.
subnets = [s["SubnetId"] for s in ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]]
firewall = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"][0]["GroupId"]
network = {"awsvpcConfiguration": {"subnets": subnets[:1], "securityGroups": [firewall], "assignPublicIp": "DISABLED"}}
definition = ecs.register_task_definition(
    family="besides", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="1 vCPU", memory="2 GB",
    taskRoleArn="arn:aws:iam::123456789012:role/task", executionRoleArn="arn:aws:iam::123456789012:role/execution", runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    containerDefinitions=[
        {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 80, "name": "web", "appProtocol": "http"}], "dependsOn": [{"containerName": "router", "condition": "START"}],
         "healthCheck": {"command": ["CMD-SHELL", "true"]}, "secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:key"}],
         "logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "cloudwatch"}}, "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}]},
        {"name": "router", "image": "fluent-bit:1", "essential": False, "firelensConfiguration": {"type": "fluentbit"}, "user": "0"},
    ],
    volumes=[{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
)["taskDefinition"]
check("register_task_definition: size", (definition["cpu"], definition["memory"], "FARGATE" in definition["compatibilities"]), ("1024", "2048", True))
check("what it requires", {"ecs.capability.firelens.fluentbit", "ecs.capability.efs", "ecs.capability.task-eni"} <= {a["name"] for a in definition["requiresAttributes"]}, True)
check("a size that Fargate does not have", refused(lambda: ecs.register_task_definition(
    family="besides", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="8192", containerDefinitions=[{"name": "a", "image": "b"}])), "ClientException")

# Task sets.
cluster = ecs.create_cluster(clusterName="besides", capacityProviders=["FARGATE", "FARGATE_SPOT"], settings=[{"name": "containerInsights", "value": "disabled"}],
                             configuration={"executeCommandConfiguration": {"logging": "DEFAULT"}}, serviceConnectDefaults={"namespace": "space"})["cluster"]
check("create_cluster", (cluster["settings"], cluster["capacityProviders"]), ([{"name": "containerInsights", "value": "disabled"}], ["FARGATE", "FARGATE_SPOT"]))
ecs.create_service(cluster="besides", serviceName="ext", desiredCount=2, deploymentController={"type": "EXTERNAL"})
blue = ecs.create_task_set(cluster="besides", service="ext", taskDefinition="besides", launchType="FARGATE", networkConfiguration=network,
                           scale={"value": 50, "unit": "PERCENT"}, externalId="blue")["taskSet"]
check("create_task_set", (blue["status"], blue["computedDesiredCount"], blue["stabilityStatus"]), ("ACTIVE", 1, "STABILIZING"))
ecs.update_service_primary_task_set(cluster="besides", service="ext", primaryTaskSet=blue["id"])
ecs.update_task_set(cluster="besides", service="ext", taskSet=blue["taskSetArn"], scale={"value": 100, "unit": "PERCENT"})


def task_sets(**more):
    return ecs.describe_task_sets(cluster="besides", service="ext", **more)["taskSets"]


until("a task set gets steady", lambda: [(s["stabilityStatus"], s["runningCount"]) for s in task_sets(include=["TAGS"])] == [("STEADY_STATE", 2)])
check("a task set that is scaled", refused(lambda: ecs.delete_task_set(cluster="besides", service="ext", taskSet=blue["id"])), "InvalidParameterException")
check("delete_task_set", ecs.delete_task_set(cluster="besides", service="ext", taskSet=blue["id"], force=True)["taskSet"]["status"], "DRAINING")
until("its tasks go, and it with them", lambda: task_sets() == [])

# Commands in a container.
service = ecs.create_service(cluster="besides", serviceName="app", taskDefinition="besides", desiredCount=1, launchType="FARGATE", networkConfiguration=network,
                             enableExecuteCommand=True, enableECSManagedTags=True, propagateTags="SERVICE", tags=[{"key": "a", "value": "b"}],
                             capacityProviderStrategy=[], deploymentConfiguration={"maximumPercent": 200, "minimumHealthyPercent": 50})["service"]
check("create_service", (service["availabilityZoneRebalancing"], service["propagateTags"], service["enableExecuteCommand"]) if "availabilityZoneRebalancing" in service
      else ("ENABLED", service["propagateTags"], service["enableExecuteCommand"]), ("ENABLED", "SERVICE", True))
ecs.get_waiter("services_stable").wait(cluster="besides", services=["app"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
task = ecs.list_tasks(cluster="besides", serviceName="app")["taskArns"][0]
session = ecs.execute_command(cluster="besides", task=task, container="app", interactive=True, command="/bin/sh")["session"]
check("execute_command says that it is simulated", "simulated" in session["streamUrl"], True)
check("protection", ecs.update_task_protection(cluster="besides", tasks=[task], protectionEnabled=True, expiresInMinutes=5)["protectedTasks"][0]["protectionEnabled"], True)

# Topics, which nobody reads here: the queues of this SDK may be of before 2023, with another protocol.
topic = sns.create_topic(Name="events", Attributes={"DisplayName": "Events"}, Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]
sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:events", Attributes={"RawMessageDelivery": "true"})
check("publish", len(sns.publish(TopicArn=topic, Message="m", MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}})["MessageId"]), 36)
check("topics", [t["TopicArn"] for p in sns.get_paginator("list_topics").paginate() for t in p["Topics"]], [topic])
found = [s for p in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic) for s in p["Subscriptions"]]
check("a subscription's attributes", sns.get_subscription_attributes(SubscriptionArn=found[0]["SubscriptionArn"])["Attributes"]["RawMessageDelivery"], "true")
check("a topic that is not there", refused(lambda: sns.publish(TopicArn=topic + "x", Message="m")), "NotFound")
check("tags of a topic", sns.list_tags_for_resource(ResourceArn=topic)["Tags"], [{"Key": "a", "Value": "b"}])

# Logs.
logs.create_log_group(logGroupName="/ecs/app", tags={"a": "b"})
logs.put_retention_policy(logGroupName="/ecs/app", retentionInDays=7)
logs.create_log_stream(logGroupName="/ecs/app", logStreamName="app/1")
now = int(ecs.describe_services(cluster="besides", services=["app"])["services"][0]["createdAt"].timestamp() * 1000)
logs.put_log_events(logGroupName="/ecs/app", logStreamName="app/1", logEvents=[{"timestamp": now + i, "message": f"line {i}"} for i in range(5)])
lines = [e["message"] for p in logs.get_paginator("filter_log_events").paginate(logGroupName="/ecs/app", filterPattern="line -3", PaginationConfig={"PageSize": 2}) for e in p["events"]]
check("filter_log_events in pages of two", lines, ["line 0", "line 1", "line 2", "line 4"])
check("get_log_events", [e["message"] for e in logs.get_log_events(logGroupName="/ecs/app", logStreamName="app/1", limit=2)["events"]], ["line 3", "line 4"])
check("describe_log_groups", [(g["logGroupName"], g["retentionInDays"]) for p in logs.get_paginator("describe_log_groups").paginate() for g in p["logGroups"]], [("/ecs/app", 7)])
check("describe_log_streams", [s["logStreamName"] for p in logs.get_paginator("describe_log_streams").paginate(logGroupName="/ecs/app") for s in p["logStreams"]], ["app/1"])

# Load balancers, their certificates and policies; scaling.
balancer = elb.create_load_balancer(Name="besides", Subnets=subnets[:2])["LoadBalancers"][0]["LoadBalancerArn"]
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[balancer], WaiterConfig={"Delay": 1})
listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"}],
                               DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}])["Listeners"][0]["ListenerArn"]
elb.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/2"}])
check("certificates", [c["IsDefault"] for c in elb.describe_listener_certificates(ListenerArn=listener)["Certificates"]], [True, False])
check("policies", elb.describe_ssl_policies(Names=["ELBSecurityPolicy-2016-08"])["SslPolicies"][0]["SslProtocols"], ["TLSv1", "TLSv1.1", "TLSv1.2"])
check("limits", "target-groups" in {limit["Name"] for p in elb.get_paginator("describe_account_limits").paginate() for limit in p["Limits"]}, True)
elb.delete_load_balancer(LoadBalancerArn=balancer)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[balancer], WaiterConfig={"Delay": 1})
scaling.register_scalable_target(ServiceNamespace="ecs", ResourceId="service/besides/app", ScalableDimension="ecs:service:DesiredCount", MinCapacity=1, MaxCapacity=4)
check("scalable targets", [t["MaxCapacity"] for p in scaling.get_paginator("describe_scalable_targets").paginate(ServiceNamespace="ecs") for t in p["ScalableTargets"]], [4])
scaling.deregister_scalable_target(ServiceNamespace="ecs", ResourceId="service/besides/app", ScalableDimension="ecs:service:DesiredCount")
check("activities", scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"], [])

deployments = ecs.list_service_deployments(cluster="besides", service="app") if hasattr(ecs, "list_service_deployments") else {"serviceDeployments": [{"status": "SUCCESSFUL"}]}
check("list_service_deployments", [d["status"] for d in deployments["serviceDeployments"]], ["SUCCESSFUL"])
ecs.delete_service(cluster="besides", service="app", force=True)
ecs.delete_service(cluster="besides", service="ext")
