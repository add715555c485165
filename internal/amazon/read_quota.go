package amazon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	watched "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"handover/internal/cluster"
)

// This file reads what tasks on Fargate may take and what they take: the quota from Service Quotas, which says with which metric of CloudWatch its use is measured.

// The codes of the quota of vCPUs on Fargate On-Demand. Source: ECS developer guide, service-quotas.
const (
	fargateCode = "fargate"
	vcpusCode   = "L-3032A538"
)

// usageShown is for how long back the use of a quota is looked at: it is measured every minute, and shown some minutes later. Source: CloudWatch user guide, usage metrics.
const usageShown = 15 * time.Minute

// startQuota reads the quota once for all services that are asked for it and whose tasks are on Fargate.
func (r *reading) startQuota(ctx context.Context, calls *errgroup.Group, views []*view) {
	var asked []*view
	for _, v := range views {
		if v.scope.Quota && v.onDemand {
			asked = append(asked, v)
		}
	}
	if len(asked) == 0 {
		return
	}
	calls.Go(func() error {
		quota, failed := r.quota(ctx)
		for _, v := range asked {
			if failed != nil {
				r.gap(v.Service.Key, cluster.PartQuota, failed)
				continue
			}
			v.Fargate = quota
		}
		return nil
	})
}

// onDemand tells whether tasks of a service may come to be on Fargate, and not on Fargate Spot alone, which has a quota of its own.
func onDemand(s types.Service) bool {
	return s.LaunchType == types.LaunchTypeFargate || slices.ContainsFunc(s.CapacityProviderStrategy, func(i types.CapacityProviderStrategyItem) bool { return aws.ToString(i.CapacityProvider) == "FARGATE" })
}

// serviceQuota is the answer of GetServiceQuota, as far as it is read. Source: Service Quotas API Reference, ServiceQuota.
type serviceQuota struct {
	Quota struct {
		Value       float64
		UsageMetric struct {
			MetricNamespace, MetricName string
			MetricDimensions            map[string]string
		}
	}
}

func (r *reading) quota(ctx context.Context) (*cluster.FargateQuota, *failure) {
	var answer serviceQuota
	if err := r.p.account.askQuota(ctx, fargateCode, vcpusCode, &answer); err != nil {
		return nil, &failure{"servicequotas:GetServiceQuota", err}
	}
	metric, now := answer.Quota.UsageMetric, r.p.Now()
	in := &cloudwatch.GetMetricStatisticsInput{
		Namespace: &metric.MetricNamespace, MetricName: &metric.MetricName, Statistics: []watched.Statistic{watched.StatisticMaximum},
		StartTime: aws.Time(now.Add(-usageShown)), EndTime: aws.Time(now), Period: aws.Int32(60),
	}
	for name, value := range metric.MetricDimensions {
		in.Dimensions = append(in.Dimensions, watched.Dimension{Name: aws.String(name), Value: aws.String(value)})
	}
	use, err := r.p.account.few.usage(ctx, in)
	if err != nil {
		return nil, &failure{"cloudwatch:GetMetricStatistics", err}
	}
	return &cluster.FargateQuota{Limit: answer.Quota.Value, Taken: latest(use.Datapoints)}, nil
}

// latest is the maximum of the newest point; without any, nothing is in use.
func latest(points []watched.Datapoint) float64 {
	var at time.Time
	taken := 0.0
	for _, p := range points {
		if p.Timestamp != nil && p.Timestamp.After(at) {
			at, taken = *p.Timestamp, aws.ToFloat64(p.Maximum)
		}
	}
	return taken
}

// askQuota makes one attempt of GetServiceQuota.
func (a *Account) askQuota(ctx context.Context, service, code string, answer *serviceQuota) error {
	body, err := json.Marshal(map[string]string{"ServiceCode": service, "QuotaCode": code})
	if err != nil {
		return fmt.Errorf("writing the request: %w", err)
	}
	status, text, err := a.ask(ctx, byHand{service: "Service Quotas", host: "servicequotas", operation: "GetServiceQuota", contentType: "application/x-amz-json-1.1",
		target: "ServiceQuotasV20190624.GetServiceQuota", body: body})
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return quotaError(status, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// quotaError is what Service Quotas says is wrong. Source: Service Quotas API Reference, common errors; the type may have a namespace before a #.
func quotaError(status int, text []byte) error {
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(text, &said); err != nil || said.Type == "" {
		return cluster.Errorf(classOfStatus(status), strconv.Itoa(status), "Service Quotas answered with HTTP status %d", status)
	}
	_, code, found := strings.Cut(said.Type, "#")
	if !found {
		code = said.Type
	}
	return &smithy.GenericAPIError{Code: code, Message: said.Message}
}
