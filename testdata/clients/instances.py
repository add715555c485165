"""boto3 on container instances: a group whose instances join a cluster, tasks on them, and one that is drained while its lifecycle hook holds it. The endpoint is in ENDPOINT_URL."""
import base64
import os
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = os.environ["ENDPOINT_URL"]
config = Config(retries={"mode": "standard", "max_attempts": 10})
ecs, groups, ec2 = (boto3.client(name, endpoint_url=endpoint, config=config) for name in ("ecs", "autoscaling", "ec2"))
soon = {"Delay": 1, "MaxAttempts": 60}


def check(what, got, want):
    if got != want:
        sys.exit(f"FAILED  boto3: {what}: got {got!r}, want {want!r}")
    print(f"ok      boto3: {what}")


def until(what, get, want):
    """The emulator goes 300 times as fast as AWS: what takes five minutes is there in a second."""
    for _ in range(100):
        got = get()
        if got == want:
            break
        time.sleep(0.1)
    check(what, got, want)


def instances(status=None):
    more = {"status": status} if status else {}
    return [arn for page in ecs.get_paginator("list_container_instances").paginate(cluster="hosts", PaginationConfig={"PageSize": 1}, **more) for arn in page["containerInstanceArns"]]


def group():
    return groups.describe_auto_scaling_groups(AutoScalingGroupNames=["hosts"])["AutoScalingGroups"][0]


ecs.create_cluster(clusterName="hosts")
zones = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]]
subnets = [s["SubnetId"] for s in ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]]
check("a default subnet in each zone", len(subnets), len(zones))
vpc = ec2.describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
firewall = ec2.create_security_group(GroupName="hosts", Description="of the container instances", VpcId=vpc)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=firewall, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 32768, "ToPort": 60999, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
check("describe_security_groups", ec2.describe_security_groups(GroupIds=[firewall])["SecurityGroups"][0]["IpPermissions"][0]["ToPort"], 60999)
check("describe_images", ec2.describe_images(ImageIds=["ami-0123456789abcdef0"])["Images"][0]["State"], "available")
user_data = base64.b64encode(b"#!/bin/bash\necho ECS_CLUSTER=hosts >> /etc/ecs/ecs.config\n").decode()
template = ec2.create_launch_template(
    LaunchTemplateName="hosts",
    LaunchTemplateData={"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.medium", "UserData": user_data, "SecurityGroupIds": [firewall], "IamInstanceProfile": {"Name": "ecsInstanceRole"}},
    TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "team", "Value": "web"}]}],
)["LaunchTemplate"]
check("describe_launch_template_versions", ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"])["LaunchTemplateVersions"][0]["LaunchTemplateData"]["UserData"], user_data)
groups.create_auto_scaling_group(
    AutoScalingGroupName="hosts", MinSize=0, MaxSize=4, DesiredCapacity=2, VPCZoneIdentifier=",".join(subnets[:2]), LaunchTemplate={"LaunchTemplateName": "hosts", "Version": "$Latest"},
    Tags=[{"Key": "team", "Value": "web", "PropagateAtLaunch": True}],
)
groups.put_lifecycle_hook(AutoScalingGroupName="hosts", LifecycleHookName="drain", LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING", HeartbeatTimeout=900, DefaultResult="CONTINUE")
check("describe_lifecycle_hooks", groups.describe_lifecycle_hooks(AutoScalingGroupName="hosts")["LifecycleHooks"][0]["GlobalTimeout"], 90000)
check("describe_lifecycle_hook_types", len(groups.describe_lifecycle_hook_types()["LifecycleHookTypes"]), 2)
until("the instances join the cluster", lambda: len(instances()), 2)
until("they are in service", lambda: {i["LifecycleState"] for i in group()["Instances"]}, {"InService"})
ids = [i["InstanceId"] for i in group()["Instances"]]
ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig=soon)
ec2.get_waiter("instance_status_ok").wait(InstanceIds=ids, WaiterConfig=soon)
shown = [i for page in ec2.get_paginator("describe_instances").paginate(Filters=[{"Name": "tag:aws:autoscaling:groupName", "Values": ["hosts"]}]) for r in page["Reservations"] for i in r["Instances"]]
check("describe_instances by tag", sorted(i["InstanceId"] for i in shown), sorted(ids))

described = ecs.describe_container_instances(cluster="hosts", containerInstances=instances(), include=["TAGS", "CONTAINER_INSTANCE_HEALTH"])["containerInstances"]
check("describe_container_instances", {(i["status"], i["agentConnected"], i["registeredResources"][0]["integerValue"]) for i in described}, {("ACTIVE", True, 2048)})
ecs.put_attributes(cluster="hosts", attributes=[{"name": "stack", "value": "blue", "targetType": "container-instance", "targetId": described[0]["containerInstanceArn"]}])
check("list_container_instances by filter", ecs.list_container_instances(cluster="hosts", filter="attribute:stack == blue")["containerInstanceArns"], [described[0]["containerInstanceArn"]])
check("list_attributes", len(ecs.list_attributes(cluster="hosts", targetType="container-instance", attributeName="stack")["attributes"]), 1)
ecs.delete_attributes(cluster="hosts", attributes=[{"name": "stack", "targetType": "container-instance", "targetId": described[0]["containerInstanceArn"]}])

ecs.register_task_definition(family="app", networkMode="bridge", containerDefinitions=[{"name": "app", "image": "app:1", "cpu": 256, "memory": 256, "portMappings": [{"containerPort": 80}]}])
ecs.create_service(cluster="hosts", serviceName="app", taskDefinition="app", desiredCount=2, launchType="EC2", placementStrategy=[{"type": "spread", "field": "instanceId"}], placementConstraints=[{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}])
ecs.create_service(cluster="hosts", serviceName="agent", taskDefinition="app", launchType="EC2", schedulingStrategy="DAEMON")
ecs.get_waiter("services_stable").wait(cluster="hosts", services=["app", "agent"], WaiterConfig=soon)
ran = ecs.run_task(cluster="hosts", taskDefinition="app", count=2, startedBy="boto3", overrides={"containerOverrides": [{"name": "app", "command": ["true"]}]})
check("run_task", (len(ran["tasks"]), ran["failures"]), (2, []))
ecs.get_waiter("tasks_running").wait(cluster="hosts", tasks=[t["taskArn"] for t in ran["tasks"]], WaiterConfig=soon)
check("list_tasks startedBy", len(ecs.list_tasks(cluster="hosts", startedBy="boto3")["taskArns"]), 2)
check("list_tasks by family", len(ecs.list_tasks(cluster="hosts", family="app")["taskArns"]), 6)
started = ecs.start_task(cluster="hosts", taskDefinition="app", containerInstances=[described[0]["containerInstanceArn"], "0" * 32])
check("start_task", (len(started["tasks"]), [f["reason"] for f in started["failures"]]), (1, ["MISSING"]))
full = ecs.run_task(cluster="hosts", taskDefinition="app", count=10)
check("run_task without room", ({f["reason"] for f in full["failures"]} <= {"RESOURCE:CPU", "RESOURCE:MEMORY"}, bool(full["failures"])), (True, True))
for t in ran["tasks"] + started["tasks"] + full["tasks"]:
    ecs.stop_task(cluster="hosts", task=t["taskArn"])
try:
    ecs.run_task(cluster="hosts", taskDefinition="app", launchType="FARGATE")
except ecs.exceptions.InvalidParameterException as refusal:
    check("run_task on Fargate of a definition for instances", refusal.response["Error"]["Message"], "Task definition does not support launch_type FARGATE.")
ecs.register_task_definition(family="job", networkMode="awsvpc", cpu="256", memory="512", containerDefinitions=[{"name": "app", "image": "app:1"}])
on_fargate = ecs.run_task(cluster="hosts", taskDefinition="job", launchType="FARGATE", networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-a"]}})
check("run_task on Fargate", [t["launchType"] for t in on_fargate["tasks"]], ["FARGATE"])

leaving = ids[0]
groups.set_instance_protection(AutoScalingGroupName="hosts", InstanceIds=[ids[1]], ProtectedFromScaleIn=True)
ended = groups.terminate_instance_in_auto_scaling_group(InstanceId=leaving, ShouldDecrementDesiredCapacity=True)["Activity"]
check("terminate_instance_in_auto_scaling_group", ended["StatusCode"], "MidLifecycleAction")
check("describe_auto_scaling_instances", groups.describe_auto_scaling_instances(InstanceIds=[leaving])["AutoScalingInstances"][0]["LifecycleState"], "Terminating:Wait")
host = ecs.list_container_instances(cluster="hosts", filter=f"ec2InstanceId == '{leaving}'")["containerInstanceArns"][0]
drained = ecs.update_container_instances_state(cluster="hosts", containerInstances=[host], status="DRAINING")["containerInstances"][0]
check("update_container_instances_state", drained["status"], "DRAINING")
groups.record_lifecycle_action_heartbeat(AutoScalingGroupName="hosts", LifecycleHookName="drain", InstanceId=leaving)


def left():
    arns = [a for s in ("RUNNING", "STOPPED") for a in ecs.list_tasks(cluster="hosts", containerInstance=host, desiredStatus=s)["taskArns"]]
    tasks = ecs.describe_tasks(cluster="hosts", tasks=arns)["tasks"] if arns else []
    return [t["taskArn"] for t in tasks if t["lastStatus"] != "STOPPED"]


until("every task has left it", left, [])
groups.complete_lifecycle_action(AutoScalingGroupName="hosts", LifecycleHookName="drain", InstanceId=leaving, LifecycleActionResult="CONTINUE")
ec2.get_waiter("instance_terminated").wait(InstanceIds=[leaving], WaiterConfig=soon)
until("one instance is left", lambda: (len(instances()), len(group()["Instances"])), (1, 1))
check("describe_scaling_activities", groups.describe_scaling_activities(AutoScalingGroupName="hosts")["Activities"][0]["StatusCode"], "Successful")

refresh = groups.start_instance_refresh(AutoScalingGroupName="hosts", Preferences={"MinHealthyPercentage": 50, "InstanceWarmup": 0})["InstanceRefreshId"]
until("describe_instance_refreshes", lambda: len(groups.describe_instance_refreshes(AutoScalingGroupName="hosts", InstanceRefreshIds=[refresh])["InstanceRefreshes"]), 1)
groups.cancel_instance_refresh(AutoScalingGroupName="hosts")
groups.create_or_update_tags(Tags=[{"ResourceId": "hosts", "ResourceType": "auto-scaling-group", "Key": "handover:id", "Value": "1", "PropagateAtLaunch": False}])
check("describe_tags", [t["Key"] for t in groups.describe_tags(Filters=[{"Name": "auto-scaling-group", "Values": ["hosts"]}])["Tags"]], ["handover:id", "team"])
groups.suspend_processes(AutoScalingGroupName="hosts", ScalingProcesses=["Launch"])
groups.resume_processes(AutoScalingGroupName="hosts")
single = ec2.run_instances(ImageId="ami-0123456789abcdef0", MinCount=1, MaxCount=1, UserData="#!/bin/sh", SubnetId=subnets[0])["Instances"][0]["InstanceId"]
ec2.create_tags(Resources=[single], Tags=[{"Key": "Name", "Value": "single"}])
check("describe_tags of EC2", [t["Value"] for t in ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [single]}])["Tags"]], ["single"])
check("terminate_instances", ec2.terminate_instances(InstanceIds=[single])["TerminatingInstances"][0]["CurrentState"]["Name"], "shutting-down")

for error, call in {
    "InvalidParameterException": lambda: ecs.update_container_instances_state(cluster="hosts", containerInstances=["0" * 32] * 11, status="DRAINING"),
    "TargetNotFoundException": lambda: ecs.put_attributes(cluster="hosts", attributes=[{"name": "a", "targetId": "0" * 32}]),
    "ValidationError": lambda: groups.complete_lifecycle_action(AutoScalingGroupName="hosts", LifecycleHookName="drain", InstanceId="i-1", LifecycleActionResult="CONTINUE"),
    "ResourceInUse": lambda: groups.delete_auto_scaling_group(AutoScalingGroupName="hosts"),
    "InvalidInstanceID.NotFound": lambda: ec2.describe_instances(InstanceIds=["i-0123456789abcdef0"]),
    "InvalidLaunchTemplateName.AlreadyExistsException": lambda: ec2.create_launch_template(LaunchTemplateName="hosts", LaunchTemplateData={"ImageId": "ami-1"}),
}.items():
    try:
        call()
        got = "accepted"
    except ClientError as e:
        got = e.response["Error"]["Code"]
    check("an error", got, error)
groups.delete_auto_scaling_group(AutoScalingGroupName="hosts", ForceDelete=True)
until("the group is deleted", lambda: groups.describe_auto_scaling_groups()["AutoScalingGroups"], [])
