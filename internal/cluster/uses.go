package cluster

import (
	"slices"
	"strings"
)

// UsesSecret tells whether a container of the definition takes a secret from what is named: a secret of Secrets Manager by its ARN, with or without the six
// characters that AWS adds to the name, or by its name; or a parameter of Systems Manager by its ARN or its name. Which JSON key and which version of the secret is
// taken does not matter. Of two secrets db and db-abc123, of which one's ARN without the addition may be the other one's with it, both are meant.
func (d TaskDefinition) UsesSecret(named string) bool {
	return slices.ContainsFunc(d.Containers, func(c ContainerDefinition) bool {
		return slices.ContainsFunc(c.Secrets, func(from string) bool { return sameSecret(from, named) })
	})
}

// sameSecret compares two ARNs as such, and by name where one of them is none: a name is one of the own account and Region.
func sameSecret(a, b string) bool {
	arnsA, namesA := secretNames(a)
	arnsB, namesB := secretNames(b)
	if len(arnsA) > 0 && len(arnsB) > 0 {
		namesA, namesB = arnsA, arnsB
	}
	return slices.ContainsFunc(namesA, func(name string) bool { return slices.Contains(namesB, name) })
}

// addition is how much longer a secret's name is in its ARN: a hyphen and six characters. Source: Secrets Manager API Reference, CreateSecret.Name.
const addition = len("-AbC123")

// secretNames are the ARNs and the names by which a secret may be meant. Of arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbC123:password:: they are the
// ARN up to db-AbC123, the same up to db, and the names db-AbC123 and db; of arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db, the ARN and /prod/db.
// Source: developer guide, specifying-sensitive-data.
func secretNames(text string) (arns, names []string) {
	arn, err := ParseARN(text)
	if err != nil {
		return nil, []string{text, "/" + strings.TrimPrefix(text, "/")} // a parameter named db has the ARN …:parameter/db
	}
	if name, found := strings.CutPrefix(arn.Resource, "secret:"); found {
		name, _, _ = strings.Cut(name, ":")
		short := name
		if at := len(name) - addition; at > 0 && name[at] == '-' {
			short = name[:at]
		}
		return []string{arn.With("secret:" + name).String(), arn.With("secret:" + short).String()}, []string{name, short}
	}
	name := strings.TrimPrefix(arn.Resource, "parameter")
	return []string{text}, []string{name}
}

// UsesImage tells whether a container of the definition runs an image of a repository, whatever its tag or digest. The repository is named with its registry,
// or without it: then any registry's is meant.
func (d TaskDefinition) UsesImage(repository string) bool {
	return slices.ContainsFunc(d.Containers, func(c ContainerDefinition) bool {
		of := Repository(c.Image)
		registry, rest, found := strings.Cut(of, "/")
		host := found && (strings.ContainsAny(registry, ".:") || registry == "localhost")
		return of == repository || host && rest == repository
	})
}

// Repository is an image's name without its tag and its digest: registry.example:5000/api of registry.example:5000/api:1.7@sha256:….
func Repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if tag := strings.LastIndexByte(image, ':'); tag > strings.LastIndexByte(image, '/') {
		image = image[:tag]
	}
	return image
}
