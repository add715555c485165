package balancing

import (
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[elbv2.AddListenerCertificatesInput](s)
	api.Lack[elbv2.AddTrustStoreRevocationsInput](s)
	api.Lack[elbv2.CreateListenerInput](s)
	api.Lack[elbv2.CreateLoadBalancerInput](s)
	api.Lack[elbv2.CreateRuleInput](s)
	api.Lack[elbv2.CreateTrustStoreInput](s)
	api.Lack[elbv2.DeleteListenerInput](s)
	api.Lack[elbv2.DeleteLoadBalancerInput](s)
	api.Lack[elbv2.DeleteRuleInput](s)
	api.Lack[elbv2.DeleteSharedTrustStoreAssociationInput](s)
	api.Lack[elbv2.DeleteTrustStoreInput](s)
	api.Lack[elbv2.DescribeAccountLimitsInput](s)
	api.Lack[elbv2.DescribeCapacityReservationInput](s)
	api.Lack[elbv2.DescribeListenerAttributesInput](s)
	api.Lack[elbv2.DescribeListenerCertificatesInput](s)
	api.Lack[elbv2.DescribeLoadBalancerAttributesInput](s)
	api.Lack[elbv2.DescribeRulesInput](s)
	api.Lack[elbv2.DescribeSSLPoliciesInput](s)
	api.Lack[elbv2.DescribeTrustStoreAssociationsInput](s)
	api.Lack[elbv2.DescribeTrustStoreRevocationsInput](s)
	api.Lack[elbv2.DescribeTrustStoresInput](s)
	api.Lack[elbv2.GetResourcePolicyInput](s)
	api.Lack[elbv2.GetTrustStoreCaCertificatesBundleInput](s)
	api.Lack[elbv2.GetTrustStoreRevocationContentInput](s)
	api.Lack[elbv2.ModifyCapacityReservationInput](s)
	api.Lack[elbv2.ModifyIpPoolsInput](s)
	api.Lack[elbv2.ModifyListenerInput](s)
	api.Lack[elbv2.ModifyListenerAttributesInput](s)
	api.Lack[elbv2.ModifyLoadBalancerAttributesInput](s)
	api.Lack[elbv2.ModifyRuleInput](s)
	api.Lack[elbv2.ModifyTrustStoreInput](s)
	api.Lack[elbv2.RemoveListenerCertificatesInput](s)
	api.Lack[elbv2.RemoveTrustStoreRevocationsInput](s)
	api.Lack[elbv2.SetIpAddressTypeInput](s)
	api.Lack[elbv2.SetRulePrioritiesInput](s)
	api.Lack[elbv2.SetSecurityGroupsInput](s)
	api.Lack[elbv2.SetSubnetsInput](s)
}
