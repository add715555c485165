package emulator

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"handover/internal/emulator/api/invoking"
	"handover/internal/emulator/wire"
)

// bare sends a request that no SDK has checked.
func bare(server http.Handler, service, operation, body string) *httptest.ResponseRecorder {
	targets := map[string]string{"ecs": "AmazonEC2ContainerServiceV20141113", "application-autoscaling": "AnyScaleFrontendService", "sqs": "AmazonSQS", "logs": "Logs_20140328", "events": "AWSEvents",
		"states": "AWSStepFunctions"}
	versions := map[string]string{"elasticloadbalancing": "2015-12-01", "sts": "2011-06-15", "sns": "2010-03-31", "autoscaling": "2011-01-01", "ec2": "2016-11-15", "monitoring": "2010-08-01"}
	if service == "lambda" {
		route, ok := invoking.Routes()[operation]
		if !ok {
			route = wire.Route{Method: "POST", Path: "/2017-10-31/functions/f/concurrency"}
		}
		path := strings.NewReplacer("{FunctionName}", "f", "{UUID}", "u", "{StatementId}", "s", "{Resource}", "arn:aws:lambda:eu-west-1:123456789012:function:f").Replace(route.Path)
		return send(server, service, httptest.NewRequest(route.Method, path+"?MaxItems=0&Marker=x", strings.NewReader(body)))
	}
	if target, isJSON := targets[service]; isJSON {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", target+"."+operation)
		return send(server, service, r)
	}
	r := httptest.NewRequest("POST", "/", strings.NewReader("Action="+operation+"&Version="+versions[service]+"&"+body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(server, service, r)
}

func send(server http.Handler, service string, r *http.Request) *httptest.ResponseRecorder {
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

// TestBareRequests sends every operation requests in which what the SDK requires is missing or empty: an answer or an error, but no panic and no 500.
func TestBareRequests(t *testing.T) {
	server := New(Options{Clock: NewPaced(morning, math.Inf(1), nil), Report: func(c Call, err error) { t.Errorf("%s: %v", c.Operation, err) }})
	bare(server, "ecs", "CreateCluster", "{}")
	bare(server, "ecs", "RegisterTaskDefinition", `{"family":"f","containerDefinitions":[{"name":"a","image":"b","memory":1}]}`)
	bare(server, "ecs", "CreateService", `{"serviceName":"s","taskDefinition":"f","desiredCount":1}`)
	bodies := map[string][]string{
		"ecs": {"", "{}", `{"service":"s"}`, `{"service":"s","networkConfiguration":{},"deploymentConfiguration":{},"tags":[{}]}`, `{"services":[""],"tasks":[""],"clusters":[""]}`,
			`{"family":"f","containerDefinitions":[{}],"tags":[{}]}`, `{"serviceName":"x","desiredCount":1,"loadBalancers":[{}],"deploymentController":{}}`,
			`{"taskDefinition":":","resourceArn":"arn:aws:ecs:eu-west-1:123456789012:service","task":"arn:","tagKeys":[""],"tags":[{"key":"k"}]}`,
			`{"resourceArn":"arn:aws:ecs:eu-west-1:123456789012:service/default/s","tags":[{"key":"k"}],"tagKeys":["k"]}`},
		"elasticloadbalancing": {"", "Targets.member.1.Port=1", "TargetGroupArn=x&Targets.member.1.Id=a", "ResourceArns.member.1=x&Tags.member.1.Key=a",
			"Name=n&Protocol=HTTP&Port=80&VpcId=v&Tags.member.1.Value=x", "TargetGroupArn=arn:aws:elasticloadbalancing:r:a:targetgroup/x/y&Attributes.member.1.Key=x"},
		"application-autoscaling": {"{}", `{"ServiceNamespace":"ecs"}`},
		"sts":                     {"", "RoleArn=x&RoleSessionName=yy", "DurationSeconds=1"},
		"sns":                     {"", "TopicArn=x", "Name=n", "TopicArn=arn:aws:sns:eu-west-1:123456789012:n&Protocol=sqs&Message=m&PublishBatchRequestEntries.member.1.Id=a", "MessageAttributes.entry.1.Name=a&Message=m&TopicArn=arn:aws:sns:eu-west-1:123456789012:n"},
		"sqs": {"", "{}", `{"QueueName":"q"}`, `{"QueueUrl":"http://x/1/q","Entries":[{}],"ReceiptHandle":"x","MessageBody":"m"}`, `{"QueueUrl":"q","Attributes":{"RedrivePolicy":"x"}}`,
			`{"QueueUrl":"q","MessageBody":"m","MessageAttributes":{"a":{}}}`, `{"QueueUrl":"q","MaxNumberOfMessages":-1}`},
		"logs": {"", "{}", `{"logGroupName":"g"}`, `{"logGroupName":"g","logStreamName":"s"}`, `{"logGroupName":"g","logStreamName":"s","logEvents":[{}],"nextToken":"x","resourceArn":"arn:"}`,
			`{"logGroupName":"g","filterPattern":"\"","limit":0}`, `{"logGroupIdentifier":"g"}`},
		"autoscaling": {"", "AutoScalingGroupName=web", "AutoScalingGroupName=g&MinSize=0&MaxSize=1&AvailabilityZones.member.1=eu-west-1a&LaunchTemplate.LaunchTemplateName=t", "Tags.member.1.Key=k",
			"AutoScalingGroupName=g&InstanceIds.member.1=i-1&ShouldDecrementDesiredCapacity=true&ProtectedFromScaleIn=true&DesiredCapacity=1&LifecycleHookName=h&LifecycleActionResult=CONTINUE&InstanceId=i-1"},
		"monitoring": {"", "AlarmName=a&StateValue=ALARM&StateReason=r", "AlarmName=a", "AlarmNames.member.1=a&AlarmNamePrefix=b", "AlarmName=a&StateValue=loud&StateReason=r"},
		"ec2": {"", "InstanceId.1=i-1", "Filter.1.Name=x", "Filter.1.Value.1=x", "LaunchTemplateName=t&LaunchTemplateData.ImageId=ami-1", "MinCount=1&MaxCount=1&ImageId=ami-1&Placement.Tenancy=x",
			"MinCount=1&MaxCount=1&LaunchTemplate.LaunchTemplateName=t&SubnetId=x", "VpcId=x&CidrBlock=y", "GroupId=x&IpPermissions.1.IpProtocol=tcp", "ResourceId.1=i-1&Tag.1.Key=k", "MaxResults=1", "NextToken=x",
			"GroupName=n&GroupDescription=d", "UserData=%25", "MinCount=1&MaxCount=0&ImageId=a"},
		"servicequotas": {"", "{}", `{"ServiceCode":"fargate"}`, `{"ServiceCode":"ecs","QuotaCode":"x"}`, `{"ServiceCode":"fargate","QuotaCode":"x"}`},
		"lambda": {"", "{}", `{"FunctionName":"f","Role":"arn:aws:iam::1:role/r","Runtime":"provided.al2023","Code":{"ZipFile":"AA=="}}`, "x", `{"Environment":{"Variables":{"":""}},"Timeout":0}`,
			`{"EventSourceArn":"arn:aws:sqs:r:a:q"}`, `{"DestinationConfig":{"OnFailure":{}}}`},
		"events": {"", "{}", `{"Name":"r","EventPattern":"{}"}`, `{"Name":"r","EventPattern":"{\"source\":[\"x\"]}"}`, `{"Rule":"r","Targets":[{}],"Ids":[""]}`, `{"Entries":[{}]}`,
			`{"Rule":"r","Targets":[{"Id":"a","Arn":"arn:"}]}`, `{"EventPattern":"{","Event":"x"}`, `{"NextToken":"x","ResourceARN":"arn:","Tags":[{}]}`},
		"states": {"", "{}", `{"name":"m","definition":"{}","roleArn":"arn:r"}`, `{"name":"m","definition":"{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Succeed\"}}}","roleArn":"arn:r"}`,
			`{"stateMachineArn":"arn:aws:states:eu-west-1:123456789012:stateMachine:m","executionArn":"x","name":"n"}`, `{"definition":"{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Choice\",\"Choices\":[{}]}}}"}`},
	}
	signing := []string{"ecs", "elasticloadbalancing", "application-autoscaling", "sts", "sns", "sqs", "logs", "autoscaling", "ec2", "monitoring", "servicequotas", "lambda", "events", "states"}
	for i, s := range server.services() {
		for _, operation := range append(s.Offered, append(s.Lacking, "NoSuchOperation")[0]) {
			for _, body := range bodies[signing[i]] {
				if w := bare(server, signing[i], operation, body); w.Code != 200 && w.Code != 400 && w.Code != 404 {
					t.Errorf("%s %s: %d %s", operation, body, w.Code, w.Body)
				}
			}
		}
	}
}
