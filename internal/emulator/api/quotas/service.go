// Package quotas is the API of Service Quotas as far as tasks on Fargate have a quota. Its shapes are ours: the SDK's module for Service Quotas has dozens of operations, of which
// three are answered here. A world without a quota answers a large one.
package quotas

import (
	"context"
	"fmt"
	"slices"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are Service Quotas' operations on the worlds of a server.
type handlers struct{ worlds api.Worlds }

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Service Quotas", wire.Description{Name: "servicequotas", Version: "2019-06-24", Protocol: wire.AWSJSON11, Target: "ServiceQuotasV20190624", InternalCode: "ServiceException"})
	h := &handlers{worlds: worlds}
	api.Offer(s, h.getServiceQuota)
	api.Offer(s, h.getAWSDefaultServiceQuota)
	api.Offer(s, h.listServiceQuotas)
	return s
}

// GetServiceQuotaInput is the request for one quota as it is in the account.
type GetServiceQuotaInput struct{ ServiceCode, QuotaCode *string }

// GetServiceQuotaOutput answers it.
type GetServiceQuotaOutput struct{ Quota *ServiceQuota }

// GetAWSDefaultServiceQuotaInput is the request for one quota as new accounts have it.
type GetAWSDefaultServiceQuotaInput struct{ ServiceCode, QuotaCode *string }

// GetAWSDefaultServiceQuotaOutput answers it.
type GetAWSDefaultServiceQuotaOutput struct{ Quota *ServiceQuota }

// ListServiceQuotasInput is the request for all quotas of a service.
type ListServiceQuotasInput struct {
	ServiceCode, QuotaCode, NextToken *string
	MaxResults                        *int32
}

// ListServiceQuotasOutput answers it.
type ListServiceQuotasOutput struct {
	NextToken *string
	Quotas    []ServiceQuota
}

// ServiceQuota is one quota. Source: Service Quotas API Reference, ServiceQuota.
type ServiceQuota struct {
	ServiceCode, ServiceName, QuotaArn, QuotaCode, QuotaName, Unit, QuotaAppliedAtLevel *string
	Value                                                                               *float64
	Adjustable, GlobalQuota                                                             bool
	UsageMetric                                                                         *MetricInfo
}

// MetricInfo is where CloudWatch has what is taken of a quota.
type MetricInfo struct {
	MetricNamespace, MetricName, MetricStatisticRecommendation *string
	MetricDimensions                                           map[string]string
}

// The codes. Source: developer guide, service-quotas.
const (
	fargate  = "fargate"
	onDemand = "L-3032A538"
)

// What a quota is where the world has none, and what a new account has. Source of the latter: developer guide, service-quotas.
const (
	unlimited  = 1_000_000
	ofAccounts = 6
)

func (h *handlers) getServiceQuota(ctx context.Context, in *GetServiceQuotaInput) (*GetServiceQuotaOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*GetServiceQuotaOutput, error) {
		quota, err := find(v, in.ServiceCode, in.QuotaCode)
		return &GetServiceQuotaOutput{Quota: quota}, err
	})
}

func (h *handlers) getAWSDefaultServiceQuota(ctx context.Context, in *GetAWSDefaultServiceQuotaInput) (*GetAWSDefaultServiceQuotaOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*GetAWSDefaultServiceQuotaOutput, error) {
		quota, err := find(v, in.ServiceCode, in.QuotaCode)
		if err == nil {
			quota.Value = api.Some[float64](ofAccounts)
		}
		return &GetAWSDefaultServiceQuotaOutput{Quota: quota}, err
	})
}

func (h *handlers) listServiceQuotas(ctx context.Context, in *ListServiceQuotasInput) (*ListServiceQuotasOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ListServiceQuotasOutput, error) {
		all, err := of(v, in.ServiceCode)
		if in.QuotaCode != nil {
			all = slices.DeleteFunc(all, func(q ServiceQuota) bool { return *q.QuotaCode != *in.QuotaCode })
		}
		return &ListServiceQuotasOutput{Quotas: all}, err
	})
}

// find is the quota of a service with a code.
func find(v api.View, service, code *string) (*ServiceQuota, error) {
	all, err := of(v, service)
	if err != nil {
		return nil, err
	}
	if code == nil || *code == "" {
		return nil, &wire.Error{Code: "IllegalArgumentException", Message: "QuotaCode is required."}
	}
	for _, q := range all {
		if *q.QuotaCode == *code {
			return &q, nil
		}
	}
	return nil, &wire.Error{Code: "NoSuchResourceException", Message: fmt.Sprintf("The request failed because the specified quota %s does not exist for %s.", *code, *service)}
}

// of are the quotas of a service.
func of(v api.View, service *string) ([]ServiceQuota, error) {
	if service == nil || *service == "" {
		return nil, &wire.Error{Code: "IllegalArgumentException", Message: "ServiceCode is required."}
	}
	if *service != fargate {
		return nil, &wire.Error{Code: "NoSuchResourceException", Message: fmt.Sprintf("The request failed because the specified service %s does not exist.", *service)}
	}
	limit := v.World.FargateQuota().Limit
	if limit == 0 {
		limit = unlimited
	}
	arn := v.ARN("servicequotas", fargate+"/"+onDemand)
	return []ServiceQuota{{
		ServiceCode: api.Some(fargate), ServiceName: api.Some("AWS Fargate"), QuotaArn: &arn, QuotaCode: api.Some(onDemand), QuotaName: api.Some("Fargate On-Demand vCPU resource count"),
		Unit: api.Some("None"), QuotaAppliedAtLevel: api.Some("ACCOUNT"), Value: &limit, Adjustable: true,
		UsageMetric: &MetricInfo{
			MetricNamespace: api.Some("AWS/Usage"), MetricName: api.Some("ResourceCount"), MetricStatisticRecommendation: api.Some("Maximum"),
			MetricDimensions: map[string]string{"Class": "Standard/OnDemand", "Resource": "vCPU", "Service": "Fargate", "Type": "Resource"},
		},
	}}, nil
}
