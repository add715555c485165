package cluster

import "testing"

func TestASecretIsKnownByEachOfItsNames(t *testing.T) {
	const (
		secret    = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbC123"
		parameter = "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/key"
	)
	for _, c := range []struct {
		from, named string
		uses        bool
	}{
		{secret, secret, true},
		{secret + ":password::", secret, true},
		{secret + ":password:AWSPREVIOUS:", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db", true},
		{secret, secret + ":password::", true},
		{secret, "prod/db", true},
		{secret, "db", false},
		{secret, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-other", false},
		{secret, "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbC123", false},
		{parameter, parameter, true},
		{parameter, "/prod/key", true},
		{"/prod/key", parameter, true},
		{"key", "arn:aws:ssm:eu-west-1:123456789012:parameter/key", true},
		{"/prod/key", "/prod/other", false},
	} {
		d := TaskDefinition{Containers: []ContainerDefinition{{Name: "log"}, {Name: "app", Secrets: []string{c.from}}}}
		if uses := d.UsesSecret(c.named); uses != c.uses {
			t.Errorf("a container with %s uses %s: %v, want %v", c.from, c.named, uses, c.uses)
		}
	}
}

func TestAnImageIsKnownByItsRepository(t *testing.T) {
	const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api"
	for _, c := range []struct {
		image, repository string
		uses              bool
	}{
		{ecr + ":1.7", ecr, true},
		{ecr + "@sha256:ab", ecr, true},
		{ecr + ":1.7@sha256:ab", "team/api", true},
		{ecr, "api", false},
		{"registry.example:5000/api", "registry.example:5000/api", true},
		{"registry.example:5000/api:2", "api", true},
		{"nginx:1", "nginx", true},
		{"bitnami/nginx:1", "nginx", false},
	} {
		d := TaskDefinition{Containers: []ContainerDefinition{{Name: "app", Image: c.image}}}
		if uses := d.UsesImage(c.repository); uses != c.uses {
			t.Errorf("%s is of %s: %v, want %v", c.image, c.repository, uses, c.uses)
		}
	}
}
