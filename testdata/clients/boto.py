"""boto3 as people use it: the quick restart in its own words, waiters and paginators. The endpoint is in ENDPOINT_URL."""
import os
import subprocess
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = os.environ["ENDPOINT_URL"]
config = Config(retries={"mode": "standard", "max_attempts": 10})
ecs = boto3.client("ecs", endpoint_url=endpoint, config=config)
# The emulator goes 300 times as fast as AWS: what a waiter of AWS sees every 15 s it has every 50 ms. Stopped tasks are shown for an hour, which is 12 s.
soon = {"Delay": 1, "MaxAttempts": 60}


def check(what, got, want):
    if got != want:
        sys.exit(f"FAILED  boto3: {what}: got {got!r}, want {want!r}")
    print(f"ok      boto3: {what}")


def running(service):
    pages = ecs.get_paginator("list_tasks").paginate(cluster="default", serviceName=service, PaginationConfig={"PageSize": 2})
    pages = [page["taskArns"] for page in pages]
    check(f"list_tasks of {service}: pages of two", {len(p) for p in pages[:-1]} <= {2} and 1 <= len(pages[-1]) <= 2, True)
    return [arn for page in pages for arn in page]


check("get_caller_identity", boto3.client("sts", endpoint_url=endpoint).get_caller_identity()["Account"], "123456789012")

# The quick restart, as it is written down: every task of the service is stopped, more than one page of them.
before = running("test")
check("tasks before the quick restart", len(set(before)), 105)
script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "quick_restart.py")
said = subprocess.run([sys.executable, script], check=True, capture_output=True, text=True).stdout.splitlines()
check("the quick restart stops each task once", sorted(said), sorted(arn + " being stopped" for arn in before))
old = ecs.describe_tasks(cluster="default", tasks=before[:100])
check("why they stopped", {(t["stopCode"], t["stoppedReason"], t["desiredStatus"]) for t in old["tasks"]}, {("UserInitiated", "Task stopped by user", "STOPPED")})
check("which of them are there", (len(old["tasks"]), old["failures"]), (100, []))
for first in range(0, len(before), 100):
    ecs.get_waiter("tasks_stopped").wait(cluster="default", tasks=before[first : first + 100], WaiterConfig=soon)
ecs.get_waiter("services_stable").wait(cluster="default", services=["test"], WaiterConfig=soon)
after = running("test")
check("as many tasks after it, and none of them the same", (len(after), set(after) & set(before)), (105, set()))

# The normal restart.
answer = ecs.update_service(cluster="default", service="small", forceNewDeployment=True)["service"]
check("update_service: the deployments", [d["status"] for d in answer["deployments"]], ["PRIMARY", "ACTIVE"])
ecs.get_waiter("services_stable").wait(cluster="default", services=["test", "small"], WaiterConfig=soon)
found = ecs.describe_services(cluster="default", services=["small", "none"], include=["TAGS"])
small = found["services"][0]
check("describe_services after it", (small["runningCount"], len(small["deployments"]), small["deployments"][0]["rolloutState"]), (3, 1, "COMPLETED"))
check("describe_services: what is not there", [f["reason"] for f in found["failures"]], ["MISSING"])
check("the last event", small["events"][0]["message"], "(service small) has reached a steady state.")
check("its time has a zone", small["events"][0]["createdAt"].tzinfo is not None, True)

services = [arn for page in ecs.get_paginator("list_services").paginate(cluster="default", PaginationConfig={"PageSize": 1}) for arn in page["serviceArns"]]
check("list_services: pages of one", sorted(arn.rsplit("/", 1)[1] for arn in services), ["small", "test"])
elb = boto3.client("elbv2", endpoint_url=endpoint, config=config)
groups = [g for page in elb.get_paginator("describe_target_groups").paginate() for g in page["TargetGroups"]]
check("describe_target_groups", [g["TargetGroupName"] for g in groups], ["web"])
health = elb.describe_target_health(TargetGroupArn=groups[0]["TargetGroupArn"])["TargetHealthDescriptions"]
check("describe_target_health", len([t for t in health if t["TargetHealth"]["State"] == "healthy"]), 105)
scaling = boto3.client("application-autoscaling", endpoint_url=endpoint, config=config)
check("describe_scalable_targets", scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"], [])

for error, call in {
    "ServiceNotFoundException": lambda: ecs.update_service(cluster="default", service="none", forceNewDeployment=True),
    "ClusterNotFoundException": lambda: ecs.list_tasks(cluster="none"),
    "InvalidParameterException": lambda: ecs.stop_task(cluster="default", task="0" * 32),
    "TargetGroupNotFound": lambda: elb.describe_target_groups(Names=["none"]),
}.items():
    try:
        call()
        got = "accepted"
    except ClientError as e:
        got = e.response["Error"]["Code"]
    check("an error", got, error)
