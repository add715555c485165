package identity

import (
	"cmp"
	"context"
	"crypto/sha1" //nolint:gosec // AWS's hash of names, which secures nothing
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// assertion is what is read of a SAML response. Names count in whatever namespace they are in. Source: IAM user guide, id_roles_providers_create_saml_assertions.
type assertion struct {
	XMLName xml.Name `xml:"Response"`
	Status  struct {
		Value string `xml:",attr"`
	} `xml:"Status>StatusCode"`
	Issuer  string `xml:"Assertion>Issuer"`
	Subject struct {
		NameID struct {
			Format string `xml:",attr"`
			Value  string `xml:",chardata"`
		}
		Confirmation struct {
			Recipient string `xml:",attr"`
		} `xml:"SubjectConfirmation>SubjectConfirmationData"`
	} `xml:"Assertion>Subject"`
	Attributes []struct {
		Name   string   `xml:",attr"`
		Values []string `xml:"AttributeValue"`
	} `xml:"Assertion>AttributeStatement>Attribute"`
}

// attribute gives the values of one of AWS's attributes.
func (a assertion) attribute(name string) (values []string) {
	for _, one := range a.Attributes {
		if one.Name == "https://aws.amazon.com/SAML/Attributes/"+name {
			for _, v := range one.Values {
				values = append(values, strings.TrimSpace(v))
			}
		}
	}
	return values
}

// grants tells whether the assertion has a role, which it gives with its provider, in either order.
func (a assertion) grants(role string) bool {
	return slices.ContainsFunc(a.attribute("Role"), func(pair string) bool {
		return slices.Contains(strings.Split(strings.ReplaceAll(pair, " ", ""), ","), role)
	})
}

func untrusted(text string) error { return &wire.Error{Code: "InvalidIdentityToken", Message: text} }

// asserted reads a SAML response. Nothing is known of its provider, so that signature and times are not checked: a world's time is not the provider's. The sentences are those of public reports.
func asserted(text string) (a assertion, err error) {
	plain, bad := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if bad != nil || xml.Unmarshal(plain, &a) != nil {
		return a, untrusted("Invalid base64 SAMLResponse")
	}
	if !strings.HasSuffix(cmp.Or(a.Status.Value, "Success"), "Success") {
		return a, untrusted("Response status is not Success")
	}
	if len(a.attribute("RoleSessionName")) == 0 {
		return a, untrusted("RoleSessionName is required in AuthnResponse")
	}
	return a, nil
}

// assumeRoleWithSAML gives the role's credentials to whom an assertion says that it may have the role. Source: STS API Reference, AssumeRoleWithSAML.
func (h *handlers) assumeRoleWithSAML(ctx context.Context, in *sts.AssumeRoleWithSAMLInput) (*sts.AssumeRoleWithSAMLOutput, error) {
	if in.RoleArn == nil || in.PrincipalArn == nil || in.SAMLAssertion == nil {
		return nil, invalid("RoleArn, PrincipalArn and SAMLAssertion are required.")
	}
	said, err := asserted(*in.SAMLAssertion)
	if err != nil {
		return nil, err
	}
	as, err := assumed(in.RoleArn, &said.attribute("RoleSessionName")[0])
	if err != nil {
		return nil, err
	}
	if !said.grants(*in.RoleArn) {
		return nil, &wire.Error{Code: "AccessDenied", Message: "Not authorized to perform sts:AssumeRoleWithSAML", Status: http.StatusForbidden}
	}
	lasting, err := duration(in.DurationSeconds, time.Hour, 12*time.Hour)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sts.AssumeRoleWithSAMLOutput, error) {
		c, err := as.credentials(v.Now.Add(lasting))
		source := ""
		if given := said.attribute("SourceIdentity"); len(given) > 0 {
			source = given[0]
		}
		return &sts.AssumeRoleWithSAMLOutput{
			Credentials: c, AssumedRoleUser: &types.AssumedRoleUser{Arn: &as.ARN, AssumedRoleId: &as.ID}, Audience: api.Some(said.Subject.Confirmation.Recipient), Issuer: api.Some(said.Issuer),
			Subject: api.Some(said.Subject.NameID.Value), SubjectType: api.Some(strings.TrimPrefix(said.Subject.NameID.Format, "urn:oasis:names:tc:SAML:2.0:nameid-format:")),
			NameQualifier: api.Some(qualifier(said.Issuer, v.Place.Account, *in.PrincipalArn)), SourceIdentity: api.Some(source),
		}, err
	})
}

// qualifier is BASE64(SHA1("https://example.com/saml" + "123456789012" + "/MySAMLIdP")). Source: STS API Reference, AssumeRoleWithSAML.NameQualifier.
func qualifier(issuer, account, provider string) string {
	sum := sha1.Sum([]byte(issuer + account + "/" + provider[strings.LastIndexByte(provider, '/')+1:])) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:])
}
