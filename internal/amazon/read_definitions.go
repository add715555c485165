package amazon

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
)

// definitionsAndImages reads the task definitions of a service and of all its deployments, and then what their images' tags stand for now.
func (r *reading) definitionsAndImages(ctx context.Context, v *view) {
	definitions, failed := r.p.definitionsOf(ctx, v.Service)
	if v.scope.Definitions {
		v.Definitions = definitions
	}
	if failed != nil {
		if v.scope.Definitions {
			r.gap(v.Service.Key, cluster.PartDefinitions, failed)
		}
		if v.scope.Images {
			r.gap(v.Service.Key, cluster.PartImages, failed)
		}
		return
	}
	if v.scope.Images {
		r.images(ctx, v.Service.Key, mutable(definitions))
	}
}

// definitionsOf gives those definitions that it could read, and the first failure.
func (p *Provider) definitionsOf(ctx context.Context, s cluster.Service) ([]cluster.TaskDefinition, *failure) {
	arns := []string{s.Definition}
	for _, d := range s.Deployments {
		arns = append(arns, d.Definition)
	}
	slices.Sort(arns)
	var definitions []cluster.TaskDefinition
	var first *failure
	for _, arn := range slices.Compact(arns) {
		if arn == "" { // under the EXTERNAL controller, a service has none
			continue
		}
		definition, failed := p.definition(ctx, arn)
		if failed != nil {
			first = cmp.Or(first, failed)
			continue
		}
		definitions = append(definitions, definition)
	}
	return definitions, first
}

func (p *Provider) definition(ctx context.Context, arn string) (cluster.TaskDefinition, *failure) {
	if definition, known := p.definitions.get(arn); known {
		return definition, nil
	}
	answer, err := p.account.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(arn)})
	if err == nil && answer.TaskDefinition == nil {
		err = cluster.Errorf(cluster.ClassNotFound, "ClientException", "task definition %s is not described", arn)
	}
	if err != nil {
		return cluster.TaskDefinition{}, &failure{"ecs:DescribeTaskDefinition", err}
	}
	definition := definitionOf(*answer.TaskDefinition)
	p.definitions.put(arn, definition)
	return definition, nil
}

// definition finds what the name of a task definition stands for, and what its images' tags stand for. Names are not kept: a family's latest revision is another one tomorrow, and one that is ACTIVE may be deregistered.
func (r *reading) definition(ctx context.Context, name string) {
	found := cluster.NamedDefinition{Name: name}
	answer, err := r.p.account.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(name)})
	failed := &failure{"ecs:DescribeTaskDefinition", err}
	switch {
	case err != nil && failed.gone():
		found.Missing = true
	case err != nil:
		r.gap(cluster.ServiceKey{}, cluster.PartDefinitions, failed)
		return
	case answer.TaskDefinition != nil:
		found.Definition = definitionOf(*answer.TaskDefinition)
		found.Inactive = answer.TaskDefinition.Status == ecstypes.TaskDefinitionStatusInactive || answer.TaskDefinition.Status == ecstypes.TaskDefinitionStatusDeleteInProgress
	}
	r.mu.Lock()
	r.snapshot.Definitions = append(r.snapshot.Definitions, found)
	r.mu.Unlock()
	r.images(ctx, cluster.ServiceKey{}, mutable([]cluster.TaskDefinition{found.Definition}))
}

// mutable are the images of definitions whose names may stand for other code tomorrow, in order, each once.
func mutable(definitions []cluster.TaskDefinition) []string {
	var names []string
	for _, d := range definitions {
		for _, c := range d.Containers {
			if c.Mutable() {
				names = append(names, c.Image)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// images finds the digests of images. One that is in no private registry of ECR has no entry, and one that ECR does not have is missing. It is asked for a service, or for none.
func (r *reading) images(ctx context.Context, key cluster.ServiceKey, names []string) {
	for _, name := range names {
		image, ok := parseECR(name)
		if !ok {
			continue
		}
		digest, err := r.p.digest(ctx, image)
		failed := &failure{"ecr:DescribeImages", err}
		if err != nil && !failed.gone() {
			r.gap(key, cluster.PartImages, failed)
			continue
		}
		r.mu.Lock()
		r.snapshot.Images = append(r.snapshot.Images, cluster.Image{Name: name, Digest: digest, Missing: digest == ""})
		r.mu.Unlock()
	}
}

// digest asks the Region that the image is in, which need not be that of the service.
func (p *Provider) digest(ctx context.Context, image ecrImage) (string, error) {
	answer, err := p.account.few.images(ctx, &ecr.DescribeImagesInput{RegistryId: aws.String(image.account), RepositoryName: aws.String(image.repository),
		ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: aws.String(image.tag)}}}, func(o *ecr.Options) { o.Region = image.region })
	if err != nil || len(answer.ImageDetails) == 0 {
		return "", err
	}
	return aws.ToString(answer.ImageDetails[0].ImageDigest), nil
}

// ecrImage is an image by tag in a private registry of ECR.
type ecrImage struct{ account, region, repository, tag string }

// ecrName is ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY[:TAG]; in China the host ends in .com.cn, and with FIPS it has dkr.ecr-fips.
var ecrName = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)(?::([^:@/]+))?$`)

// parseECR takes an image name apart; a name without a tag means the tag latest.
func parseECR(name string) (image ecrImage, ok bool) {
	m := ecrName.FindStringSubmatch(strings.TrimSpace(name))
	if m == nil {
		return ecrImage{}, false
	}
	return ecrImage{account: m[1], region: m[2], repository: m[3], tag: cmp.Or(m[4], "latest")}, true
}
