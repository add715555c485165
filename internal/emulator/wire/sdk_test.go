package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	watchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"
)

// An sdkService is one SDK module: the description under test, the SDK's client,
// and how many operations it is known to have at least.
type sdkService struct {
	module     string
	desc       Description
	client     any
	operations int
	prepare    func(*Service)
}

const region = "eu-west-1"

// sdkServices returns the modules under test. Clients send to next.
func sdkServices(next aws.HTTPClient) []sdkService {
	creds := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
	})
	cfg := aws.Config{
		Region: region, Credentials: creds, HTTPClient: next,
		BaseEndpoint: aws.String("http://handover.invalid"),
		Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
	}
	fault := ServerFault[smithy.ErrorFault]
	return []sdkService{
		{"ecs", Description{
			Name: "ecs", Version: "2014-11-13", Protocol: AWSJSON11, LowerCamel: true,
			Target: "AmazonEC2ContainerServiceV20141113", ServerFault: fault,
			Status:       map[string]int{"AccessDeniedException": 403},
			InternalCode: "ServerException",
		}, ecs.NewFromConfig(cfg), 88, prepareECS},
		{"elasticloadbalancingv2", Description{
			Name: "elasticloadbalancing", Version: "2015-12-01", Protocol: AWSQuery,
			Namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/", ServerFault: fault,
		}, elbv2.NewFromConfig(cfg), 51, nil},
		{"applicationautoscaling", Description{
			Name: "application-autoscaling", Version: "2016-02-06", Protocol: AWSJSON11,
			Target: "AnyScaleFrontendService", ServerFault: fault,
		}, applicationautoscaling.NewFromConfig(cfg), 14, nil},
		{"sts", Description{
			Name: "sts", Version: "2011-06-15", Protocol: AWSQuery,
			Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", ServerFault: fault,
			Names:     map[string]string{"PolicyDescriptorType.Arn": "arn"},
			Anonymous: []string{"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"},
		}, sts.NewFromConfig(cfg), 11, nil},
		{"sns", Description{
			Name: "sns", Version: "2010-03-31", Protocol: AWSQuery, Namespace: "http://sns.amazonaws.com/doc/2010-03-31/", ServerFault: fault,
			Names: map[string]string{
				"CheckIfPhoneNumberIsOptedOutInput.PhoneNumber": "phoneNumber", "CheckIfPhoneNumberIsOptedOutOutput.IsOptedOut": "isOptedOut",
				"GetSMSAttributesInput.Attributes": "attributes", "GetSMSAttributesOutput.Attributes": "attributes", "SetSMSAttributesInput.Attributes": "attributes",
				"ListPhoneNumbersOptedOutInput.NextToken": "nextToken", "ListPhoneNumbersOptedOutOutput.NextToken": "nextToken",
				"ListPhoneNumbersOptedOutOutput.PhoneNumbers": "phoneNumbers", "OptInPhoneNumberInput.PhoneNumber": "phoneNumber",
			},
			Entries: map[string]Entry{"MessageAttributeValue": {"Name", "Value"}},
		}, sns.NewFromConfig(cfg), 42, nil},
		{"sqs", Description{
			Name: "sqs", Version: "2012-11-05", Protocol: AWSJSON10, Target: "AmazonSQS", ServerFault: fault,
			Names: map[string]string{"CreateQueueInput.Tags": "tags", "ListDeadLetterSourceQueuesOutput.QueueUrls": "queueUrls"},
		}, sqs.NewFromConfig(cfg), 23, nil},
		{"cloudwatchlogs", Description{
			Name: "logs", Version: "2014-03-28", Protocol: AWSJSON11, LowerCamel: true, Target: "Logs_20140328", ServerFault: fault,
			Names: map[string]string{"DescribeDestinationsInput.DestinationNamePrefix": "DestinationNamePrefix"},
		}, cloudwatchlogs.NewFromConfig(cfg), 110, prepareLogs},
		{"cloudwatch", cloudWatch, cloudwatch.NewFromConfig(cfg), 55, prepareCloudWatch},
		{"cloudwatch in JSON", cloudWatch, cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) {
			o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
		}), 55, prepareCloudWatch},
		{"cloudwatch in Query", cloudWatch, cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) {
			o.Protocol = awsquery.New(schemas.GraniteServiceVersion20100801)
		}), 55, prepareCloudWatch},
	}
}

// cloudWatch speaks three protocols; its client CBOR unless it is told otherwise.
var cloudWatch = Description{
	Name: "monitoring", Version: "2010-08-01", Protocol: AWSQuery, Also: []Protocol{AWSJSON10, RPCv2CBOR},
	Target: "GraniteServiceVersion20100801", Shapes: "com.amazonaws.cloudwatch", Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
	ServerFault: ServerFault[smithy.ErrorFault],
	QueryCodes:  map[string]string{"InvalidFormatFault": "InvalidFormat"},
}

func prepareCloudWatch(s *Service) {
	s.Union((*watchtypes.EvaluationCriteria)(nil), &watchtypes.EvaluationCriteriaMemberPromQLCriteria{})
	s.Union((*watchtypes.EvaluationWindow)(nil), &watchtypes.EvaluationWindowMemberSlidingWindow{}, &watchtypes.EvaluationWindowMemberWallClockWindow{})
}

func prepareLogs(s *Service) {
	s.Union((*logstypes.ResourceConfig)(nil), &logstypes.ResourceConfigMemberOpenSearchResourceConfig{})
	s.Union((*logstypes.IntegrationDetails)(nil), &logstypes.IntegrationDetailsMemberOpenSearchIntegrationDetails{})
}

func prepareECS(s *Service) {
	s.Union((*types.DescribeGatewayConfiguration)(nil), &types.DescribeGatewayConfigurationMemberHostSharedAlb{})
	s.Union((*types.GatewayConfiguration)(nil), &types.GatewayConfigurationMemberHostSharedAlb{})
	s.Union((*types.GatewayConnectionResources)(nil), &types.GatewayConnectionResourcesMemberHostSharedAlb{})
	s.Union((*types.GatewayElbAccessLogDestination)(nil), &types.GatewayElbAccessLogDestinationMemberS3{})
	s.Union((*types.GatewayInfrastructureResources)(nil), &types.GatewayInfrastructureResourcesMemberHostSharedAlb{})
	s.Union((*types.GatewayRouteResources)(nil), &types.GatewayRouteResourcesMemberHostSharedAlb{})
	s.Union((*types.ServiceConnectContainerConfiguration)(nil), &types.ServiceConnectContainerConfigurationMemberLogLevel{})
	s.Union((*types.SharingStrategy)(nil), &types.SharingStrategyMemberNvidiaMps{})
	s.Union((*types.UpdateGatewayConfiguration)(nil), &types.UpdateGatewayConfigurationMemberHostSharedAlb{})
	Document(s, document.NewLazyDocument)
}

// An opType is one operation as the SDK's client declares it.
type opType struct{ in, out reflect.Type }

// operationsOf reads the operations off the client's methods, so that a new one
// cannot be missed.
func operationsOf(client any) map[string]opType {
	ops := map[string]opType{}
	t := reflect.TypeOf(client)
	for i := range t.NumMethod() {
		m := t.Method(i)
		if m.Type.NumIn() != 4 || m.Type.NumOut() != 2 || m.Type.In(2).Kind() != reflect.Pointer {
			continue
		}
		if _, streams := m.Type.Out(0).MethodByName("GetStream"); streams {
			continue // the protocols of streams are not here, nor are there snapshots of them
		}
		if in := m.Type.In(2).Elem(); in.Name() == m.Name+"Input" {
			ops[m.Name] = opType{in, m.Type.Out(0).Elem()}
		}
	}
	return ops
}

// A rig serves all operations of one module. Each call's input is kept in got;
// out and err are what the handlers return.
type rig struct {
	sdkService
	service  *Service
	mux      *Mux
	ops      map[string]opType
	got, out reflect.Value
	err      error
	call     Call
	lastBody []byte
	outcomes []Outcome
	reports  []error
}

// Do makes the rig the HTTP client of the SDK, without a network between.
func (g *rig) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	g.mux.ServeHTTP(w, r)
	g.lastBody = bytes.Clone(w.Body.Bytes())
	return w.Result(), nil
}

func newRig(tb testing.TB, module string) *rig {
	tb.Helper()
	g := &rig{}
	for _, s := range sdkServices(g) {
		if s.module == module {
			g.sdkService = s
		}
	}
	g.service = NewService(g.desc)
	if g.prepare != nil {
		g.prepare(g.service)
	}
	g.ops = operationsOf(g.client)
	if len(g.ops) < g.operations {
		tb.Fatalf("%s: the client has %d operations, expected at least %d", module, len(g.ops), g.operations)
	}
	for _, op := range g.ops {
		g.service.add(op.in, op.out, func(ctx context.Context, fill func(reflect.Value) error) (reflect.Value, error) {
			g.got, g.call = reflect.New(op.in), CallFrom(ctx)
			if err := fill(g.got.Elem()); err != nil {
				return reflect.Value{}, err
			}
			return g.out, g.err
		})
	}
	n := 0
	g.mux = NewMux(Hooks{
		RequestID: func() string { n++; return fmt.Sprintf("request-%d", n) },
		Observe:   func(o Outcome) { g.outcomes = append(g.outcomes, o) },
		Report:    func(_ Call, err error) { g.reports = append(g.reports, err) },
	}, g.service)
	return g
}

// invoke calls an operation through the SDK's client.
func (g *rig) invoke(op string, in reflect.Value) (reflect.Value, error) {
	m := reflect.ValueOf(g.client).MethodByName(op)
	r := m.Call([]reflect.Value{reflect.ValueOf(context.Background()), in})
	err, _ := r[1].Interface().(error)
	return r[0], err
}

// post sends a signed request with this body.
func (g *rig) post(op, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Authorization", authorization(g.desc.Name))
	r.Header.Set("User-Agent", "test/1")
	if g.desc.Protocol.family() == AWSJSON11 {
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", g.desc.Target+"."+op)
	} else {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	g.mux.ServeHTTP(w, r)
	return w
}

func authorization(service string) string {
	return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/" + region + "/" + service +
		"/aws4_request, SignedHeaders=host;x-amz-date, Signature=abc"
}

// moduleDir finds the source of an SDK module. It fails rather than skips: a
// snapshot test that does not run proves nothing.
var moduleDir = func() func(testing.TB, string) string {
	var mu sync.Mutex
	dirs := map[string]string{}
	return func(tb testing.TB, module string) string {
		tb.Helper()
		mu.Lock()
		defer mu.Unlock()
		if dirs[module] == "" {
			out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/"+module).Output()
			if err != nil {
				tb.Fatalf("locating the module %s: %v", module, err)
			}
			dirs[module] = strings.TrimSpace(string(out))
		}
		return dirs[module]
	}
}()

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}

// diff returns where want and got differ, or "". It tells nil from empty, sees
// every exported field, and leaves out only what is never on the wire.
func diff(path string, want, got reflect.Value) string {
	if !want.IsValid() || !got.IsValid() || want.Type() != got.Type() {
		return fmt.Sprintf("%s: types differ: %v and %v", path, want, got)
	}
	if t, ok := want.Interface().(time.Time); ok {
		if !t.Equal(got.Interface().(time.Time)) {
			return fmt.Sprintf("%s: want %v, got %v", path, t, got)
		}
		return ""
	}
	switch want.Kind() {
	case reflect.Pointer, reflect.Interface:
		if want.IsNil() || got.IsNil() {
			if want.IsNil() != got.IsNil() {
				return fmt.Sprintf("%s: want nil %v, got nil %v", path, want.IsNil(), got.IsNil())
			}
			return ""
		}
		if d, ok := want.Interface().(documentEncoder); ok && want.Kind() == reflect.Interface {
			return diffDocument(path, d, got.Interface().(documentEncoder))
		}
		return diff(path, want.Elem(), got.Elem())
	case reflect.Slice, reflect.Map:
		if want.IsNil() != got.IsNil() || want.Len() != got.Len() {
			return fmt.Sprintf("%s: want nil %v and length %d, got nil %v and length %d", path, want.IsNil(), want.Len(), got.IsNil(), got.Len())
		}
	default: // nothing can be nil
	}
	return diffParts(path, want, got)
}

func diffParts(path string, want, got reflect.Value) string {
	switch want.Kind() {
	case reflect.Slice:
		for i := range want.Len() {
			if d := diff(fmt.Sprintf("%s[%d]", path, i), want.Index(i), got.Index(i)); d != "" {
				return d
			}
		}
	case reflect.Map:
		for _, k := range want.MapKeys() {
			if d := diff(fmt.Sprintf("%s[%v]", path, k), want.MapIndex(k), got.MapIndex(k)); d != "" {
				return d
			}
		}
	case reflect.Struct:
		for i := range want.NumField() {
			f := want.Type().Field(i)
			if !f.IsExported() || f.Name == "ResultMetadata" {
				continue
			}
			if d := diff(path+"."+f.Name, want.Field(i), got.Field(i)); d != "" {
				return d
			}
		}
	default:
		if !want.Equal(got) {
			return fmt.Sprintf("%s: want %v, got %v", path, want, got)
		}
	}
	return ""
}

func diffDocument(path string, want, got documentEncoder) string {
	a, errA := want.MarshalSmithyDocument()
	b, errB := got.MarshalSmithyDocument()
	if errA != nil || errB != nil || !jsonEqual(a, b) {
		return fmt.Sprintf("%s: want document %s (%v), got %s (%v)", path, a, errA, b, errB)
	}
	return ""
}

// jsonEqual compares meaning: 946684800 and 946684800.000 are the same number.
func jsonEqual(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
