package balancing

import (
	"context"
	"slices"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator/wire"
)

// policy is a security policy of AWS's own.
type policy struct {
	name      string
	protocols []string
	ciphers   []string
}

// policies are the security policies of listeners. Source: Application Load Balancer user guide, describe-ssl-policies; those of 2025 have the ciphers of their elders and another
// key exchange.
func policies() []policy {
	// The ciphers of which they are made, from the strictest on.
	tls13 := []string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
	fips := tls13[:2]
	gcm := []string{"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"}
	cbc := []string{"ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384"}
	sha1 := []string{"ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA"}
	rsa := []string{"AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256"}
	rsa1 := []string{"AES128-SHA", "AES256-SHA"}
	forward, secret, all := slices.Concat(gcm, cbc), slices.Concat(gcm, cbc, sha1), slices.Concat(gcm, cbc, sha1, rsa, rsa1)
	versions := func(names ...string) []string { return names }
	since0, since1, since2 := versions("TLSv1", "TLSv1.1", "TLSv1.2"), versions("TLSv1.1", "TLSv1.2"), versions("TLSv1.2")
	found := []policy{
		{"ELBSecurityPolicy-2016-08", since0, all},
		{"ELBSecurityPolicy-TLS-1-1-2017-01", since1, all},
		{"ELBSecurityPolicy-TLS-1-2-2017-01", since2, slices.Concat(gcm, cbc, rsa)},
		{"ELBSecurityPolicy-TLS-1-2-Ext-2018-06", since2, all},
		{"ELBSecurityPolicy-FS-2018-06", since0, secret},
		{"ELBSecurityPolicy-FS-1-1-2019-08", since1, secret},
		{"ELBSecurityPolicy-FS-1-2-2019-08", since2, secret},
		{"ELBSecurityPolicy-FS-1-2-Res-2019-08", since2, forward},
		{"ELBSecurityPolicy-FS-1-2-Res-2020-10", since2, gcm},
	}
	for _, p := range []policy{
		{"1-3", nil, nil}, {"1-2-Res", since2, gcm}, {"1-2", since2, forward}, {"1-2-Ext0", since2, secret}, {"1-2-Ext1", since2, slices.Concat(gcm, cbc, rsa)}, {"1-2-Ext2", since2, all},
		{"1-1", since1, all}, {"1-0", since0, all},
	} {
		protocols, name := slices.Concat(p.protocols, versions("TLSv1.3")), "ELBSecurityPolicy-TLS13-"+p.name
		if p.name != "1-2-Ext0" { // which is of FIPS alone
			found = append(found, policy{name + "-2021-06", protocols, slices.Concat(tls13, p.ciphers)})
			if p.name != "1-1" {
				found = append(found, policy{name + "-PQ-2025-09", protocols, slices.Concat(tls13, p.ciphers)})
			}
		}
		found = append(found, policy{name + "-FIPS-2023-04", protocols, slices.Concat(fips, p.ciphers)})
	}
	return found
}

func isPolicy(name string) bool {
	return slices.ContainsFunc(policies(), func(p policy) bool { return p.name == name })
}

func noPolicy(name string) error {
	return &wire.Error{Code: "SSLPolicyNotFound", Message: "SSL policy '" + name + "' not found"}
}

func (h *handlers) describeSSLPolicies(_ context.Context, in *elbv2.DescribeSSLPoliciesInput) (*elbv2.DescribeSSLPoliciesOutput, error) {
	if err := sized(in.PageSize); err != nil {
		return nil, err
	}
	all := policies()
	if at := slices.IndexFunc(in.Names, func(name string) bool { return !isPolicy(name) }); at >= 0 {
		return nil, noPolicy(in.Names[at])
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
