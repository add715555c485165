"""Stands between any client and the emulator, and holds each answer that passes against botocore's model of the service: whichever client asks, in every protocol.

    WIRE_WANTS="aws-cli Boto3" wirecheck.py handover emulator --listen 127.0.0.1:0 …

starts the emulator, says on stdout where it listens itself in the emulator's words, and passes on what comes. SIGTERM ends both. Then it says of each client how many
operations of how many services were checked, and each finding; a finding, a client of WIRE_WANTS that did not come, and an emulator that did not end well have it
end with 1. That it finds what is wrong is what wirecheck_test.py is for.

What is checked of an answer: that the operation is there; status, Content-Type, request id and length; that the body can be read, and has no member twice; of each
member that AWS has it, its type, the range of its numbers, its enumeration, that times are times, that nothing is null, what must be there, one member of a union;
of XML its root, namespace, wrappers, and the names of items and entries; of errors their form, that the operation or all of AWS has the code, and its status.
What is not: whether an answer is true. And what KNOWN and NEWER name."""
import collections
import http.client
import json
import math
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import urllib.parse
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.session

SERVICES = ["ecs", "elbv2", "application-autoscaling", "sts", "sns", "sqs", "logs", "autoscaling", "ec2", "cloudwatch", "service-quotas", "lambda", "events", "stepfunctions"]
# Services that were moved to JSON: botocore from before has their models, but not what they are called there.
TARGETS = {"AmazonSQS": ("sqs", "1.0"), "GraniteServiceVersion20100801": ("cloudwatch", "1.0")}
# Errors of AWS as a whole, which no operation's model lists. Source: "Common Errors" of each API Reference.
COMMON = set("""AccessDenied AccessDeniedException AuthFailure ExpiredTokenException IncompleteSignature IncompleteSignatureException InternalError InternalFailure InvalidAction
InvalidClientTokenId InvalidParameterCombination InvalidParameterValue InvalidQueryParameter MalformedHttpRequestException MalformedQueryString MissingAction MissingAuthenticationToken
MissingParameter NotAuthorized OptInRequired RequestAbortedException RequestEntityTooLargeException RequestExpired RequestLimitExceeded RequestTimeoutException SerializationException
ServiceUnavailable SignatureDoesNotMatch Throttling ThrottlingException UnauthorizedOperation UnknownOperationException UnrecognizedClientException UnsupportedProtocol ValidationError
ValidationException""".split())
# What AWS answers and its model does not have, each with the source.
KNOWN = {
    # EC2 API Reference, DescribeInternetGateways, and its examples: the state of an attachment is available.
    "ec2 AttachmentStatus=available",
    # open-telemetry/opentelemetry-python-contrib#4744: of Successful and Failed SQS sends what has entries, though both must be there.
    "sqs SendMessageBatchResult.Failed", "sqs SendMessageBatchResult.Successful",
    "sqs DeleteMessageBatchResult.Failed", "sqs DeleteMessageBatchResult.Successful",
    "sqs ChangeMessageVisibilityBatchResult.Failed", "sqs ChangeMessageVisibilityBatchResult.Successful",
}
# What is younger than the botocore of Debian 12 (1.29, of the end of 2022): members, values of enumerations with their families, operations. A newer botocore checks them.
NEWER = set("""
application-autoscaling RegisterScalableTargetResponse.ScalableTargetARN
application-autoscaling ScalableTarget.ScalableTargetARN
autoscaling InstanceRefresh.Strategy
autoscaling RefreshPreferences.MaxHealthyPercentage
autoscaling RefreshPreferences.ScaleInProtectedInstances
autoscaling TrafficSourceIdentifier.Type
cloudwatch MetricAlarm.StateTransitionedTimestamp
ec2 CreateSecurityGroupResult.securityGroupArn
ec2 InstanceType=c7i.*
ec2 InstanceType=m7a.*
ec2 InstanceType=m7g.*
ec2 InstanceType=m7i.*
ec2 InstanceType=r7g.*
ec2 InstanceType=r7i.*
ec2 SecurityGroup.securityGroupArn
ec2 SecurityGroupRule.securityGroupRuleArn
ecs AutoScalingGroupProvider.managedDraining
ecs CapacityProvider.type
ecs DeploymentConfiguration.strategy
ecs DescribeServiceDeployments()
ecs DescribeServiceRevisions()
ecs ListServiceDeployments()
ecs Service.availabilityZoneRebalancing
elbv2 Listener.MutualAuthentication
lambda FunctionConfiguration.LoggingConfig
lambda Runtime=provided.al2023
logs LogGroup.deletionProtectionEnabled
logs LogGroup.logGroupArn
logs LogGroup.logGroupClass
service-quotas ServiceQuota.QuotaAppliedAtLevel
stepfunctions DescribeExecutionOutput.redriveCount
stepfunctions DescribeExecutionOutput.redriveStatus
""".strip().split("\n"))
EPOCHS = (0, 4102444800)  # up to the year 2100: milliseconds where seconds belong are beyond it
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
WHOLE = {"integer": 31, "long": 63}


class Findings:
    """What was seen, by client. Safe for many threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.wrong = collections.OrderedDict()
        self.answers = collections.defaultdict(collections.Counter)

    def passed(self, client, service, operation):
        with self.lock:
            self.answers[client][service, operation] += 1

    def add(self, client, service, operation, what, where, seen):
        key = f"{service} {operation}: {what}: {re.sub(r'[0-9]+', 'N', where)}"
        with self.lock:
            times, first, by = self.wrong.get(key, (0, str(seen)[:160], client))
            self.wrong[key] = (times + 1, first, by)


class Answer:
    """One answer being checked: find tells what is wrong with it."""

    def __init__(self, findings, client, service, operation, names_as_they_are):
        self.findings, self.client, self.service, self.operation, self.names_as_they_are = findings, client, service, operation, names_as_they_are

    def find(self, what, where, seen=""):
        self.findings.add(self.client, self.service, self.operation, what, where, seen)

    def allowed(self, name):
        name = f"{self.service} {name}"
        return name in KNOWN or name in NEWER or re.sub(r"\.[^.]*$", ".*", name) in NEWER

    def member_name(self, name, shape):
        return name if self.names_as_they_are else shape.serialization.get("name", name)

    def text(self, shape, value, where):
        enumeration = getattr(shape, "enum", None)
        if enumeration and value not in enumeration and not self.allowed(f"{shape.name}={value}"):
            self.find("no value of the enumeration", where, f"{shape.name}={value}")

    def required(self, shape, present, where):
        for name in shape.required_members:
            if name not in present and not self.allowed(f"{shape.name}.{name}"):
                self.find("a member that must be there is not", f"{where}.{name}")

    # JSON and CBOR, as Python has them.

    def value(self, shape, value, where, is_time):
        kind = shape.type_name
        if getattr(shape, "is_document_type", False):
            return
        if value is None:
            self.find("null", where)
        elif kind == "structure":
            self.structure(shape, value, where, is_time)
        elif kind == "list":
            if not isinstance(value, list):
                return self.find("not a list", where, value)
            for item in value:
                self.value(shape.member, item, where + "[]", is_time)
        elif kind == "map":
            if not isinstance(value, dict):
                return self.find("not a map", where, value)
            for key, item in value.items():
                self.value(shape.key, key, where + "{key}", is_time)
                self.value(shape.value, item, where + "{}", is_time)
        elif kind == "timestamp":
            if not is_time(value) or not EPOCHS[0] <= getattr(value, "seconds", value) < EPOCHS[1]:
                self.find("not a time", where, value)
        elif kind in WHOLE:
            if isinstance(value, bool) or not isinstance(value, int) or not -(2 ** WHOLE[kind]) <= value < 2 ** WHOLE[kind]:
                self.find(f"not an {kind}" if kind == "integer" else f"not a {kind}", where, value)
        elif kind in ("float", "double"):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                self.find("not a number", where, value)
        elif kind == "boolean":
            if not isinstance(value, bool):
                self.find("not a boolean", where, value)
        elif kind == "blob":
            if not isinstance(value, (str, bytes)):
                self.find("not a blob", where, value)
        elif not isinstance(value, str):
            self.find("not a string", where, value)
        else:
            self.text(shape, value, where)

    def structure(self, shape, value, where, is_time):
        if not isinstance(value, dict):
            return self.find("not a structure", where, value)
        members = {self.member_name(n, m): (n, m) for n, m in shape.members.items() if not m.serialization.get("location")}
        for name, item in value.items():
            if name in members:
                self.value(members[name][1], item, f"{where}.{name}", is_time)
            elif name != "__type" and not self.allowed(f"{shape.name}.{name}"):
                self.find("a member that AWS does not have", f"{where}.{name}", f"{shape.name}.{name} {item!r}")
        self.required(shape, {members[n][0] for n in value if n in members} | {n for n, m in shape.members.items() if m.serialization.get("location")}, where)
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            self.find("not one member of a union", where, sorted(value))

    # XML.

    def elements(self, shape, found, where):
        """All the elements of one member."""
        if shape.type_name == "list":
            return self.items(shape, found, where)
        if shape.type_name == "map":
            return self.entries(shape, found[0], where)
        if len(found) > 1:
            self.find("an element more than once", where)
        if shape.type_name == "structure":
            return self.children(shape, found[0], where)
        if len(found[0]):
            self.find("elements where a value belongs", where, local(found[0][0]))
        self.scalar(shape, found[0].text or "", where)

    def items(self, shape, found, where):
        flat = shape.serialization.get("flattened")
        wanted = shape.member.serialization.get("name", "member")
        for item in found if flat else [item for one in found for item in one]:
            if not flat and local(item) != wanted:
                self.find("an item of another name", where, f"{local(item)}, not {wanted}")
            self.elements(shape.member, [item], where + "[]")
        if not flat and len(found) > 1:
            self.find("an element more than once", where)

    def entries(self, shape, element, where):
        names = [shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")]
        for entry in element:
            parts = {local(part): part for part in entry}
            if local(entry) != "entry" or sorted(parts) != sorted(names):
                self.find("not an entry of a map", where, f"{local(entry)} {sorted(parts)}")
            else:
                self.elements(shape.value, [parts[names[1]]], where + "{}")

    def children(self, shape, element, where):
        members = {}
        for name, member in shape.members.items():
            called = member.serialization.get("name", name)
            if member.type_name == "list" and member.serialization.get("flattened"):
                called = member.member.serialization.get("name", called)
            members[called] = (name, member)
        groups = collections.defaultdict(list)
        for child in element:
            groups[local(child)].append(child)
        for name, found in groups.items():
            if name in members:
                self.elements(members[name][1], found, f"{where}.{name}")
            elif name not in ("ResponseMetadata", "requestId") and not self.allowed(f"{shape.name}.{name}"):
                self.find("a member that AWS does not have", f"{where}.{name}", f"{shape.name}.{name} {found[0].text or ''}")
        self.required(shape, {members[n][0] for n in groups if n in members}, where)

    def scalar(self, shape, text, where):
        kind = shape.type_name
        if kind in WHOLE and not (re.fullmatch(r"-?[0-9]+", text) and -(2 ** WHOLE[kind]) <= int(text) < 2 ** WHOLE[kind]):
            self.find(f"not an {kind}" if kind == "integer" else f"not a {kind}", where, text)
        if kind in ("float", "double") and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
            self.find("not a number", where, text)
        if kind == "boolean" and text not in ("true", "false"):
            self.find("not a boolean", where, text)
        if kind == "timestamp" and not ISO.fullmatch(text):
            self.find("not a time", where, text)
        if kind == "string":
            self.text(shape, text, where)

    # Errors.

    def code(self, model, code, status, in_json):
        """An error's code, and the status that belongs to it. In JSON the name of its shape is one, too. EC2's model has no errors at all."""
        statuses = {}
        for shape in model.error_shapes:
            error = shape.metadata.get("error", {})
            for name in [error.get("code", shape.name)] + [shape.name] * in_json:
                statuses[name] = error.get("httpStatusCode") or (500 if shape.metadata.get("fault") else 400)
        if code not in statuses and code not in COMMON and not self.allowed(f"{self.operation}!{code}") and self.service != "ec2":
            self.find("an error that the operation does not have", code)
        if status not in (statuses.get(code, status), 413) or status < 400:
            self.find("another status than the error's", code, f"{status}, not {statuses.get(code)}")


def local(element):
    return element.tag.split("}")[-1]


class Time:
    """What CBOR has under tag 1: seconds since 1970."""

    def __init__(self, seconds):
        self.seconds = seconds


def is_json_time(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_cbor_time(value):
    return isinstance(value, Time)


def from_json(body):
    def once(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError(f"a member twice in {[name for name, _ in pairs]}")
        return dict(pairs)

    def constant(name):
        raise ValueError(f"{name} is not JSON")

    return json.loads(body, object_pairs_hook=once, parse_constant=constant)


def from_cbor(body):
    value, rest = cbor_item(memoryview(body))
    if len(rest):
        raise ValueError(f"{len(rest)} bytes after the value")
    return value


def cbor_item(data):
    """The first item of data, and what comes after it. Source: RFC 8949; lengths without end are of §3.2."""
    major, low, data = data[0] >> 5, data[0] & 31, data[1:]
    if major == 7 and low in (25, 26, 27):
        size = {25: 2, 26: 4, 27: 8}[low]
        return struct.unpack({2: ">e", 4: ">f", 8: ">d"}[size], data[:size])[0], data[size:]
    number = low
    if low in (24, 25, 26, 27):
        size = 1 << low - 24
        number, data = int.from_bytes(data[:size], "big"), data[size:]
    elif low == 31:
        number = math.inf
    if major == 0:
        return number, data
    if major == 1:
        return -1 - number, data
    if major in (2, 3):
        parts = []
        if number == math.inf:
            while data[0] != 0xFF:
                part, data = cbor_item(data)
                parts.append(part)
            return (b"" if major == 2 else "").join(parts), data[1:]
        text = bytes(data[:number])
        if len(text) < number:
            raise ValueError("the value has no end")
        return text if major == 2 else text.decode(), data[number:]
    if major in (4, 5):
        found = []
        left = number * (major - 3)
        while left and not (number == math.inf and data[0] == 0xFF):
            item, data = cbor_item(data)
            found.append(item)
            left -= 1
        if number == math.inf:
            data = data[1:]
        if major == 4:
            return found, data
        if len(set(found[::2])) < len(found[::2]):
            raise ValueError(f"a member twice in {found[::2]}")
        return dict(zip(found[::2], found[1::2])), data
    if major == 6:
        item, data = cbor_item(data)
        return Time(item) if number == 1 else item, data
    return {20: False, 21: True, 22: None}[low], data


class Checker:
    """Knows whose call a request is, and holds its answer against the model."""

    def __init__(self, findings):
        session = botocore.session.get_session()
        self.findings = findings
        self.models = {name: session.get_service_model(name) for name in SERVICES}
        self.targets = {prefix: target for prefix, target in TARGETS.items()}
        self.versions = {}
        self.routes = []
        for name, model in self.models.items():
            its = model.metadata
            protocols = its.get("protocols", [its["protocol"]])
            if its.get("targetPrefix") and "json" in protocols:
                self.targets[its["targetPrefix"]] = (name, its.get("jsonVersion", "1.0"))
            if "query" in protocols or "ec2" in protocols:
                self.versions[its["apiVersion"]] = name
            if its["protocol"] == "rest-json":
                for operation in model.operation_names:
                    http_ = model.operation_model(operation).http
                    path = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", http_["requestUri"].split("?")[0].rstrip("/")))
                    self.routes.append((http_["method"], re.compile(path + "/?"), name, operation))

    def check(self, request, status, headers, body):
        """request is (method, path, headers, body)."""
        method, path, asked, sent = request
        client = asked.get("x-amz-user-agent" if "Mozilla" in asked.get("User-Agent", "") else "User-Agent", "a client without a name").split()[0]
        protocol, service, operation, version = self.whose(method, path, asked, sent)
        if service is None or operation not in self.models[service].operation_names:
            if f"{service} {operation}()" not in NEWER:
                self.findings.add(client, service, operation, "no operation of AWS", path, "")
            return
        model = self.models[service].operation_model(operation)
        self.findings.passed(client, service, operation)
        answer = Answer(self.findings, client, service, operation, protocol in ("json", "cbor") and self.models[service].metadata["protocol"] in ("query", "smithy-rpc-v2-cbor"))
        self.headers(answer, protocol, version, headers, body)
        try:
            {"json": self.json, "rest": self.rest, "cbor": self.cbor, "xml": self.xml}[protocol](answer, model, status, headers, body)
        except (ValueError, IndexError, KeyError, struct.error, ElementTree.ParseError) as unreadable:
            answer.find("cannot be read", f"status {status}", f"{unreadable!r} {body[:80]!r}")

    def whose(self, method, path, asked, sent):
        """Protocol, service, operation, and the protocol's version."""
        parts = urllib.parse.urlsplit(path)
        if asked.get("smithy-protocol") == "rpc-v2-cbor":
            _, _, prefix, _, operation = parts.path.split("/")
            return "cbor", self.targets.get(prefix, (None,))[0], operation, None
        if target := asked.get("X-Amz-Target"):
            prefix, _, operation = target.rpartition(".")
            service, version = self.targets.get(prefix, (None, None))
            return "json", service, operation, version
        for its, pattern, service, operation in self.routes:
            if its == method and pattern.fullmatch(parts.path):
                return "rest", service, operation, None
        form = dict(urllib.parse.parse_qsl(sent.decode("utf-8", "replace") or parts.query))
        return "xml", self.versions.get(form.get("Version")), form.get("Action"), None

    def headers(self, answer, protocol, version, headers, body):
        wanted = {"json": f"application/x-amz-json-{version}", "rest": "application/json", "cbor": "application/cbor", "xml": "text/xml"}[protocol]
        kind = headers.get("Content-Type", "").split(";")[0]
        if body and kind != wanted and not (protocol == "rest" and answer.operation == "Invoke"):
            answer.find("another Content-Type", kind, f"not {wanted}")
        if protocol == "cbor" and headers.get("smithy-protocol") != "rpc-v2-cbor":
            answer.find("no smithy-protocol", "header")
        if not headers.get("x-amzn-RequestId"):
            answer.find("no request id", "header")
        if headers.get("Content-Length", str(len(body))) != str(len(body)):
            answer.find("another Content-Length", "header", headers["Content-Length"])
        if not headers.get("Date"):
            answer.find("no Date", "header")

    def json(self, answer, model, status, headers, body):
        document = from_json(body or b"{}")
        if status >= 300:
            return self.failure(answer, model, status, headers, document)
        if model.output_shape is not None:
            answer.value(model.output_shape, document, model.name, is_json_time)
        elif document:
            answer.find("a body where AWS has none", "body", body[:80])

    def failure(self, answer, model, status, headers, document):
        """An error in JSON: its code in __type, perhaps as NAMESPACE#CODE, and in x-amzn-ErrorType; its message."""
        said = [t.split("#")[-1].split(":")[0] for t in (document.get("__type"), headers.get("x-amzn-ErrorType")) if t]
        if "__type" not in document:
            answer.find("an error without a __type", f"status {status}", document)
        if len(set(said)) > 1:
            answer.find("two codes of one error", " ".join(said))
        if not isinstance(document.get("message", document.get("Message")), str):
            answer.find("an error without a message", f"status {status}", document)
        for code in said[:1]:
            answer.code(model, code, status, True)
            for shape in (s for s in model.error_shapes if s.name == code):
                its = {n.lower(): m for n, m in shape.members.items()}
                for name, value in document.items():
                    if name.lower() in its:
                        answer.value(its[name.lower()], value, f"{code}.{name}", is_json_time)
                    elif name.lower() not in ("__type", "message"):
                        answer.find("a member that AWS does not have", f"{code}.{name}", value)

    def rest(self, answer, model, status, headers, body):
        if status >= 300:
            document = from_json(body or b"{}")
            code = headers.get("x-amzn-ErrorType", "").split(":")[0]
            if not isinstance(document.get("message", document.get("Message")), str):
                answer.find("an error without a message", f"status {status}", document)
            return answer.code(model, code, status, True)
        shape = model.output_shape
        if status != model.http.get("responseCode", 200) and "statusCode" not in {m.serialization.get("location") for m in (shape.members if shape else {}).values()}:
            answer.find("another status", str(status), f"not {model.http.get('responseCode', 200)}")
        if shape is None or shape.serialization.get("payload"):
            return
        answer.value(shape, from_json(body or b"{}"), model.name, is_json_time)

    def cbor(self, answer, model, status, headers, body):
        document = from_cbor(body) if body else {}
        if status >= 300:
            return self.failure(answer, model, status, headers, document)
        if model.output_shape is not None:
            answer.value(model.output_shape, document, model.name, is_cbor_time)

    def xml(self, answer, model, status, headers, body):
        root = ElementTree.fromstring(body)
        ec2 = answer.service == "ec2"
        if not any(local(e) in ("RequestId", "requestId", "RequestID") and e.text for e in root.iter()):
            answer.find("no request id", "body")
        namespace = model.metadata.get("xmlNamespace") or model.service_model.metadata.get("xmlNamespace") or ""
        namespace = namespace.get("uri") if isinstance(namespace, dict) else namespace
        if status >= 300:
            error = next((e for e in root.iter() if local(e) == "Error"), root)
            parts = {local(e): e.text or "" for e in error}
            if local(root) != ("Response" if ec2 else "ErrorResponse"):
                answer.find("another root", local(root))
            if "Code" not in parts or "Message" not in parts or (not ec2 and parts.get("Type") not in ("Sender", "Receiver")):
                answer.find("not an error's parts", " ".join(sorted(parts)), parts)
            return answer.code(model, parts.get("Code", ""), status, False)
        if local(root) != model.name + "Response":
            answer.find("another root", local(root))
        if root.tag[1:].split("}")[0].rstrip("/") != namespace.rstrip("/"):  # EC2's ends with a stroke in answers alone
            answer.find("another namespace", root.tag, f"not {namespace}")
        if model.output_shape is None:
            return
        wrapper = model.output_shape.serialization.get("resultWrapper")
        found = next((e for e in root if local(e) == wrapper), None) if wrapper else root
        if found is None:
            return answer.find("no wrapper of the result", wrapper)
        answer.children(model.output_shape, found, model.name)


class Proxy(BaseHTTPRequestHandler):
    """Passes each request on to upstream, and its answer back once it is there in whole and was checked. A client that is gone ends its own thread alone."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every answer waits 40 ms for its headers to be acknowledged
    upstream = checker = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        hop = ("connection", "accept-encoding", "transfer-encoding", "content-length", "expect")
        connection = http.client.HTTPConnection(self.upstream, timeout=120)
        connection.request(self.command, self.path, sent, {k: v for k, v in self.headers.items() if k.lower() not in hop})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if not self.path.startswith("/_handover/"):
            self.checker.check((self.command, self.path, self.headers, sent), answer.status, answer.headers, body)
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in hop:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that is gone, or an emulator that ended
            super().handle_error(request, client_address)


def proxy(upstream, findings):
    """A server before upstream, HOST:PORT, that has begun."""
    its = type("Its", (Proxy,), {"upstream": upstream, "checker": Checker(findings)})
    server = Server(("127.0.0.1", 0), its)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def report(findings, wanted):
    """Says what was checked and found; gives whether that is well."""
    for client, counts in sorted(findings.answers.items()):
        services = {service for service, _ in counts}
        print(f"ok      wire: {client}: {sum(counts.values())} answers to {len(counts)} operations of {len(services)} services: {', '.join(sorted(services))}")
    for finding, (times, seen, client) in findings.wrong.items():
        print(f"FAILED  wire: {finding} ({seen}; {client}, {times} times)")
    missing = [name for name in wanted if not any(client.startswith(name) for client in findings.answers)]
    for name in missing:
        print(f"FAILED  wire: nothing of {name} was checked")
    return not findings.wrong and not missing


def main(arguments):
    findings = Findings()
    emulator = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: emulator.terminate())
    server = None
    for line in emulator.stdout:  # which ends with the emulator
        if found := re.search(r"http://([0-9.:]+)", line):
            server = server or proxy(found[1], findings)
            line = line.replace(found[0], f"http://127.0.0.1:{server.server_port}")
        print(line, end="", flush=True)
    ended = emulator.wait()
    well = report(findings, os.environ.get("WIRE_WANTS", "").split())
    return ended or int(not well)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
