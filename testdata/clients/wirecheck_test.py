"""The wire check before a server that answers wrongly on purpose, in one way after the other: each must be found, and nothing else."""
import http.client
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import wirecheck

# What is asked, what is answered, and what must be found, if anything. The first of each protocol is right.
ECS = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.DescribeServices", "Content-Type": "application/x-amz-json-1.1"}
LIST = ECS | {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListTasks"}
CBOR = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
ALARMS = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
QUERY = {"Content-Type": "application/x-www-form-urlencoded"}
GROUPS = "Action=DescribeTargetGroups&Version=2015-12-01"
SCALING = "Action=DescribeAutoScalingGroups&Version=2011-01-01"
NETWORKS = "Action=DescribeSubnets&Version=2016-11-15"
SNS_ATTRIBUTES = "Action=GetTopicAttributes&Version=2010-03-31"


def service(**members):
    return 200, {}, json.dumps({"services": [{"serviceName": "a", "createdAt": 1.5, "status": "ACTIVE"} | members], "failures": []})


def target_groups(inside, root="DescribeTargetGroupsResponse", space="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/", wrapper="DescribeTargetGroupsResult"):
    return 200, {}, f'<{root} xmlns="{space}"><{wrapper}><TargetGroups>{inside}</TargetGroups></{wrapper}><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{root}>'


def subnets(inside, more="<requestId>1</requestId>"):
    return 200, {}, f'<DescribeSubnetsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{more}<subnetSet><item>{inside}</item></subnetSet></DescribeSubnetsResponse>'


def alarms(value):
    return 200, {}, b"\xa1\x6cMetricAlarms" + value


def error(code, status=400, **headers):
    return status, headers, json.dumps({"__type": code, "message": "m"})


def xml_error(code, status=400, kind="<Type>Sender</Type>"):
    return status, {}, f"<ErrorResponse><Error>{kind}<Code>{code}</Code><Message>m</Message></Error><RequestId>1</RequestId></ErrorResponse>"


def attributes(entry):
    return 200, {}, ('<GetTopicAttributesResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><GetTopicAttributesResult><Attributes>' + entry +
                     "</Attributes></GetTopicAttributesResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetTopicAttributesResponse>")


def scaling_group(inside):
    whole = ("<AutoScalingGroupName>a</AutoScalingGroupName><MinSize>0</MinSize><MaxSize>1</MaxSize><DesiredCapacity>0</DesiredCapacity><DefaultCooldown>1</DefaultCooldown>"
             "<AvailabilityZones><member>a</member></AvailabilityZones><HealthCheckType>EC2</HealthCheckType>" + inside)
    return 200, {}, ('<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeAutoScalingGroupsResult><AutoScalingGroups><member>' + whole +
                     "</member></AutoScalingGroups></DescribeAutoScalingGroupsResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeAutoScalingGroupsResponse>")


PLANTED = [
    (("/", ECS, "{}"), service(), None),
    (("/", ECS, "{}"), service(serviceNames="a"), "a member that AWS does not have"),
    (("/", ECS, "{}"), service(desiredCount="1"), "not an integer"),
    (("/", ECS, "{}"), service(desiredCount=1.0), "not an integer"),
    (("/", ECS, "{}"), service(desiredCount=1 << 31), "not an integer"),
    (("/", ECS, "{}"), service(desiredCount=True), "not an integer"),
    (("/", ECS, "{}"), service(enableECSManagedTags=1), "not a boolean"),
    (("/", ECS, "{}"), service(serviceName=1), "not a string"),
    (("/", ECS, "{}"), service(events={}), "not a list"),
    (("/", ECS, "{}"), service(deployments=[1]), "not a structure"),
    (("/", ECS, "{}"), service(createdAt="2026-01-01T00:00:00Z"), "not a time"),
    (("/", ECS, "{}"), service(createdAt=1767225600000), "not a time"),
    (("/", ECS, "{}"), service(launchType="LAMBDA"), "no value of the enumeration"),
    (("/", ECS, "{}"), service(roleArn=None), "null"),
    (("/", ECS, "{}"), service(loadBalancers=[{"containerName": None}]), "null"),
    (("/", ECS, "{}"), service(networkConfiguration={"awsvpcConfiguration": {}}), "a member that must be there is not"),
    (("/", ECS, "{}"), (200, {}, '{"services":[],"services":[]}'), "cannot be read"),
    (("/", ECS, "{}"), (200, {}, "<services/>"), "cannot be read"),
    (("/", ECS, "{}"), (200, {"Content-Type": "text/plain"}, "{}"), "another Content-Type"),
    (("/", ECS, "{}"), (200, {"x-amzn-RequestId": ""}, "{}"), "no request id"),
    (("/", ECS, "{}"), error("ClusterNotFoundException"), None),
    (("/", ECS, "{}"), error("ServiceNotActiveException"), "an error that the operation does not have"),
    (("/", ECS, "{}"), error("ClusterNotFoundException", 404), "another status than the error's"),
    (("/", ECS, "{}"), error("ClusterNotFoundException", **{"x-amzn-ErrorType": "ClientException"}), "two codes of one error"),
    (("/", ECS, "{}"), (400, {}, '{"message":"m"}'), "an error without a __type"),
    (("/", ECS, "{}"), (400, {}, '{"__type":"ClientException"}'), "an error without a message"),
    (("/", LIST, "{}"), service(), "a member that AWS does not have"),
    (("/", ECS | {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.Nothing"}, "{}"), service(), "no operation of AWS"),
    ((ALARMS, CBOR, ""), alarms(b"\x81\xa1\x75StateUpdatedTimestamp\xc1\x1a\x69\x00\x00\x00"), None),
    ((ALARMS, CBOR, ""), alarms(b"\x9f\xbf\x69AlarmName\x7f\x61a\x61b\xff\x69Threshold\xf9\x3c\x00\xff\xff"), None),
    ((ALARMS, CBOR, ""), alarms(b"\x81\xa1\x75StateUpdatedTimestamp\x1a\x69\x00\x00\x00"), "not a time"),
    ((ALARMS, CBOR, ""), alarms(b"\x81\xa1\x69Threshold\x61a"), "not a number"),
    ((ALARMS, CBOR, ""), alarms(b"\x81\xa1\x64Name\x61a"), "a member that AWS does not have"),
    ((ALARMS, CBOR, ""), alarms(b"\xa0"), "not a list"),
    ((ALARMS, CBOR, ""), alarms(b"\xf6"), "null"),
    ((ALARMS, CBOR, ""), alarms(b"\x81\xa1\x69Alarm"), "cannot be read"),
    ((ALARMS, CBOR, ""), (200, {"smithy-protocol": ""}, b"\xa0"), "no smithy-protocol"),
    (("/", QUERY, GROUPS), target_groups("<member><TargetGroupName>a</TargetGroupName><Port>80</Port></member>"), None),
    (("/", QUERY, GROUPS), target_groups("<member><Name>a</Name></member>"), "a member that AWS does not have"),
    (("/", QUERY, GROUPS), target_groups("<item><Port>80</Port></item>"), "an item of another name"),
    (("/", QUERY, GROUPS), target_groups("<member><Port>eighty</Port></member>"), "not an integer"),
    (("/", QUERY, GROUPS), target_groups("<member><Port>80</Port><Port>81</Port></member>"), "an element more than once"),
    (("/", QUERY, GROUPS), target_groups("<member><Protocol>GOPHER</Protocol></member>"), "no value of the enumeration"),
    (("/", QUERY, GROUPS), target_groups("<member><HealthCheckEnabled>True</HealthCheckEnabled></member>"), "not a boolean"),
    (("/", QUERY, GROUPS), target_groups("<member><TargetGroupName><x/></TargetGroupName></member>"), "elements where a value belongs"),
    (("/", QUERY, GROUPS), target_groups("", root="Response"), "another root"),
    (("/", QUERY, GROUPS), target_groups("", space="http://ec2.amazonaws.com/"), "another namespace"),
    (("/", QUERY, GROUPS), target_groups("", wrapper="Result"), "no wrapper of the result"),
    (("/", QUERY, GROUPS), xml_error("TargetGroupNotFound"), None),
    (("/", QUERY, GROUPS), xml_error("TargetGroupNotFoundException"), "an error that the operation does not have"),
    (("/", QUERY, GROUPS), xml_error("TargetGroupNotFound", 404), "another status than the error's"),
    (("/", QUERY, GROUPS), xml_error("TargetGroupNotFound", kind=""), "not an error's parts"),
    (("/", QUERY, SCALING), scaling_group("<CreatedTime>2026-01-01T00:00:00.000Z</CreatedTime>"), None),
    (("/", QUERY, SCALING), scaling_group("<CreatedTime>1767225600</CreatedTime>"), "not a time"),
    (("/", QUERY, SCALING), scaling_group(""), "a member that must be there is not"),
    (("/", QUERY, NETWORKS), subnets("<subnetId>a</subnetId><availableIpAddressCount>1</availableIpAddressCount>"), None),
    (("/", QUERY, NETWORKS), subnets("<SubnetId>a</SubnetId>"), "a member that AWS does not have"),
    (("/", QUERY, NETWORKS), subnets("<subnetId>a</subnetId>", more=""), "no request id"),
    (("/", QUERY, SNS_ATTRIBUTES), attributes("<entry><key>a</key><value>b</value></entry>"), None),
    (("/", QUERY, SNS_ATTRIBUTES), attributes("<entry><name>a</name><value>b</value></entry>"), "not an entry of a map"),
    (("/2015-03-31/functions/a/configuration", {}, None), (200, {}, '{"FunctionName":"a"}'), None),
    (("/2015-03-31/functions/a/configuration", {}, None), (200, {}, '{"Name":"a"}'), "a member that AWS does not have"),
    (("/2015-03-31/functions/a/configuration", {}, None), (202, {}, '{"FunctionName":"a"}'), "another status"),
    (("/2015-03-31/functions/a/configuration", {}, None), (404, {"x-amzn-ErrorType": "NotFound"}, '{"Message":"a"}'), "an error that the operation does not have"),
    (("/2015-03-31/functions/a/configuration", {}, None), (400, {"x-amzn-ErrorType": "ResourceNotFoundException"}, '{"Message":"a"}'), "another status than the error's"),
]


def main():
    planted = {}

    class Wrong(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = planted["answer"]
            body = body.encode() if isinstance(body, str) else body
            self.send_response(status)
            for name, value in ({"Content-Type": planted["type"], "x-amzn-RequestId": "1", "smithy-protocol": "rpc-v2-cbor"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Wrong)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    findings = wirecheck.Findings()
    server = wirecheck.proxy(f"127.0.0.1:{upstream.server_port}", findings)
    missed = 0
    for (path, headers, body), answer, wanted in PLANTED:
        planted.update(answer=answer, type={"/": "text/xml"}.get(path, "application/json") if "X-Amz-Target" not in headers and headers is not CBOR else headers["Content-Type"])
        findings.wrong.clear()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
        connection.request("GET" if body is None else "POST", path, body, headers | {"User-Agent": "self-test/1"})
        connection.getresponse().read()
        connection.close()
        found = {finding.split(": ")[1] for finding in findings.wrong}
        if found != ({wanted} if wanted else set()):
            missed += 1
            print(f"FAILED  wire: of {body or path} with {answer} was found {list(findings.wrong)}, not {wanted}")
    print(f"{'FAILED' if missed else 'ok    '}  wire: the check finds what is planted, and nothing else: {len(PLANTED) - missed} of {len(PLANTED)} answers")
    return not missed


if __name__ == "__main__":
    sys.exit(int(not main()))
