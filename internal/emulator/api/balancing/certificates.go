package balancing

import (
	"context"
	"slices"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// mostCertificates is how many certificates a listener has beside its default one. Source: Elastic Load Balancing quotas.
const mostCertificates = 25

func (h *handlers) addListenerCertificates(ctx context.Context, in *elbv2.AddListenerCertificatesInput) (*elbv2.AddListenerCertificatesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.AddListenerCertificatesOutput, error) {
		added, err := certificates(in.Certificates)
		if err != nil {
			return nil, err
		}
		err = h.certify(v, in.ListenerArn, func(known []string) ([]string, error) {
			all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(known, added))))
			if len(all) > mostCertificates {
				return nil, &wire.Error{Code: "TooManyCertificates", Message: "The maximum number of certificates on a load balancer has been reached"}
			}
			return all, nil
		})
		out := &elbv2.AddListenerCertificatesOutput{}
		for _, arn := range added {
			out.Certificates = append(out.Certificates, certificate(arn, false))
		}
		return out, err
	})
}

func (h *handlers) removeListenerCertificates(ctx context.Context, in *elbv2.RemoveListenerCertificatesInput) (*elbv2.RemoveListenerCertificatesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.RemoveListenerCertificatesOutput, error) {
		removed, err := certificates(in.Certificates)
		if err != nil {
			return nil, err
		}
		err = h.certify(v, in.ListenerArn, func(known []string) ([]string, error) {
			return slices.DeleteFunc(slices.Clone(known), func(arn string) bool { return slices.Contains(removed, arn) }), nil
		})
		return &elbv2.RemoveListenerCertificatesOutput{}, err
	})
}

func (h *handlers) describeListenerCertificates(ctx context.Context, in *elbv2.DescribeListenerCertificatesInput) (*elbv2.DescribeListenerCertificatesOutput, error) {
	if err := sized(in.PageSize); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeListenerCertificatesOutput, error) {
		o, err := listenerKind.find(v, in.ListenerArn)
		if err != nil {
			return nil, err
		}
		l, kept, err := read[types.Listener](h, o)
		if err != nil {
			return nil, err
		}
		var all []types.Certificate
		for _, c := range l.Certificates {
			all = append(all, certificate(api.Value(c.CertificateArn), true))
		}
		for _, arn := range kept.Further {
			all = append(all, certificate(arn, false))
		}
		key := func(c types.Certificate) string { // the default one comes first
			if *c.IsDefault {
				return " " + *c.CertificateArn
			}
			return *c.CertificateArn
		}
		cut, next, err := paged(all, key, in.Marker, in.PageSize)
		return &elbv2.DescribeListenerCertificatesOutput{Certificates: append([]types.Certificate{}, cut...), NextMarker: next}, err
	})
}

// certificates reads the certificates of a request.
func certificates(given []types.Certificate) ([]string, error) {
	if len(given) == 0 {
		return nil, invalid("At least one certificate must be specified")
	}
	var all []string
	for _, c := range given {
		if api.Value(c.CertificateArn) == "" {
			return nil, invalid("A certificate ARN must be specified")
		}
		all = append(all, *c.CertificateArn)
	}
	return all, nil
}

func certificate(arn string, isDefault bool) types.Certificate {
	return types.Certificate{CertificateArn: &arn, IsDefault: &isDefault}
}

// certify changes the certificates that a listener has beside its default one.
func (h *handlers) certify(v api.View, listener *string, change func(known []string) ([]string, error)) error {
	o, err := listenerKind.find(v, listener)
	if err != nil {
		return err
	}
	l, kept, err := read[types.Listener](h, o)
	if err != nil {
		return err
	}
	if l.Protocol != types.ProtocolEnumHttps && l.Protocol != types.ProtocolEnumTls {
		return &wire.Error{Code: "UnsupportedOperation", Message: "Certificates are only supported for HTTPS and TLS listeners"}
	}
	if kept.Further, err = change(kept.Further); err != nil {
		return err
	}
	_, err = h.write(v, o, l, kept)
	return err
}

// limits are the quotas of an account that nobody has raised. Source: Elastic Load Balancing quotas; API Reference, DescribeAccountLimits.
func limits() [][2]string {
	return [][2]string{
		{"application-load-balancers", "50"}, {"condition-values-per-alb-rule", "5"}, {"condition-wildcards-per-alb-rule", "6"}, {"gateway-load-balancers", "100"},
		{"gateway-load-balancers-per-vpc", "100"}, {"geneve-target-groups", "100"}, {"listeners-per-application-load-balancer", "50"},
		{"listeners-per-network-load-balancer", "50"}, {"network-load-balancers", "50"}, {"rules-per-application-load-balancer", "100"}, {"target-groups", "3000"},
		{"target-groups-per-action-on-application-load-balancer", "5"}, {"target-groups-per-action-on-network-load-balancer", "1"},
		{"target-groups-per-application-load-balancer", "100"}, {"targets-per-application-load-balancer", "1000"},
		{"targets-per-availability-zone-per-gateway-load-balancer", "300"}, {"targets-per-availability-zone-per-network-load-balancer", "500"},
		{"targets-per-network-load-balancer", "3000"},
	}
}

func (h *handlers) describeAccountLimits(_ context.Context, in *elbv2.DescribeAccountLimitsInput) (*elbv2.DescribeAccountLimitsOutput, error) {
	if err := sized(in.PageSize); err != nil {
		return nil, err
	}
	cut, next, err := paged(limits(), func(l [2]string) string { return l[0] }, in.Marker, in.PageSize)
	out := &elbv2.DescribeAccountLimitsOutput{Limits: []types.Limit{}, NextMarker: next}
	for _, l := range cut {
		out.Limits = append(out.Limits, types.Limit{Name: &l[0], Max: &l[1]})
	}
	return out, err
}
