package identity

import (
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[sts.AssumeRootInput](s)
	api.Lack[sts.DecodeAuthorizationMessageInput](s)
	api.Lack[sts.GetDelegatedAccessTokenInput](s)
	api.Lack[sts.GetWebIdentityTokenInput](s)
}
