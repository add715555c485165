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
		_, err = h.certify(v, in.ListenerArn, func(known []string) ([]string, error) {
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
		_, err = h.certify(v, in.ListenerArn, func(known []string) ([]string, error) {
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
func (h *handlers) certify(v api.View, listener *string, change func(known []string) ([]string, error)) (all []string, err error) {
	o, err := listenerKind.find(v, listener)
	if err != nil {
		return nil, err
	}
	l, kept, err := read[types.Listener](h, o)
	if err != nil {
		return nil, err
	}
	if l.Protocol != types.ProtocolEnumHttps && l.Protocol != types.ProtocolEnumTls {
		return nil, &wire.Error{Code: "UnsupportedOperation", Message: "Certificates are only supported for HTTPS and TLS listeners"}
	}
	if kept.Further, err = change(kept.Further); err != nil {
		return nil, err
	}
	_, err = h.write(v, o, l, kept)
	return kept.Further, err
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

// policy is a security policy of AWS's own.
type policy struct {
	name      string
	protocols []string
	ciphers   []string
}

// policies are the security policies that listeners have most. Source: Application Load Balancer user guide, security policies.
func policies() []policy {
	tls13 := []string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
	forward := []string{
		"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256",
		"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384",
	}
	old := slices.Concat(forward, []string{"ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-ECDSA-AES256-SHA",
		"AES128-GCM-SHA256", "AES128-SHA256", "AES128-SHA", "AES256-GCM-SHA384", "AES256-SHA256", "AES256-SHA"})
	all := []string{"TLSv1", "TLSv1.1", "TLSv1.2"}
	return []policy{
		{"ELBSecurityPolicy-2016-08", all, old},
		{"ELBSecurityPolicy-FS-1-2-Res-2020-10", all[2:], []string{forward[0], forward[1], forward[4], forward[5]}},
		{"ELBSecurityPolicy-TLS-1-2-2017-01", all[2:], slices.Concat(forward, []string{"AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256"})},
		{"ELBSecurityPolicy-TLS13-1-2-2021-06", []string{"TLSv1.2", "TLSv1.3"}, slices.Concat(tls13, forward)},
		{"ELBSecurityPolicy-TLS13-1-3-2021-06", []string{"TLSv1.3"}, tls13},
	}
}

func (h *handlers) describeSSLPolicies(_ context.Context, in *elbv2.DescribeSSLPoliciesInput) (*elbv2.DescribeSSLPoliciesOutput, error) {
	if err := sized(in.PageSize); err != nil {
		return nil, err
	}
	all := policies()
	for _, name := range in.Names {
		if !slices.ContainsFunc(all, func(p policy) bool { return p.name == name }) {
			return nil, &wire.Error{Code: "SSLPolicyNotFound", Message: "SSL policy '" + name + "' not found"}
		}
	}
	if len(in.Names) > 0 {
		all = slices.DeleteFunc(all, func(p policy) bool { return !slices.Contains(in.Names, p.name) })
	}
	cut, next, err := paged(all, func(p policy) string { return p.name }, in.Marker, in.PageSize)
	out := &elbv2.DescribeSSLPoliciesOutput{SslPolicies: []types.SslPolicy{}, NextMarker: next}
	for _, p := range cut {
		shown := types.SslPolicy{Name: &p.name, SslProtocols: p.protocols, SupportedLoadBalancerTypes: []string{"application", "network"}}
		for i, c := range p.ciphers {
			priority := int32(i + 1)
			shown.Ciphers = append(shown.Ciphers, types.Cipher{Name: &c, Priority: &priority})
		}
		out.SslPolicies = append(out.SslPolicies, shown)
	}
	return out, err
}
