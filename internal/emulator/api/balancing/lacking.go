package balancing

import (
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[elbv2.AddTrustStoreRevocationsInput](s)
	api.Lack[elbv2.CreateTrustStoreInput](s)
	api.Lack[elbv2.DeleteSharedTrustStoreAssociationInput](s)
	api.Lack[elbv2.DeleteTrustStoreInput](s)
	api.Lack[elbv2.DescribeTrustStoreAssociationsInput](s)
	api.Lack[elbv2.DescribeTrustStoreRevocationsInput](s)
	api.Lack[elbv2.DescribeTrustStoresInput](s)
	api.Lack[elbv2.GetResourcePolicyInput](s)
	api.Lack[elbv2.GetTrustStoreCaCertificatesBundleInput](s)
	api.Lack[elbv2.GetTrustStoreRevocationContentInput](s)
	api.Lack[elbv2.ModifyIpPoolsInput](s)
	api.Lack[elbv2.ModifyTrustStoreInput](s)
	api.Lack[elbv2.RemoveTrustStoreRevocationsInput](s)
}
