package amazon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
)

// reviseDefinition reads a revision with its tags and registers it again with other images.
func (p *Provider) reviseDefinition(ctx context.Context, a cluster.ReviseTaskDefinition) ([]string, error) {
	answer, err := p.account.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(a.Definition), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags}})
	if err != nil {
		return nil, &notSentError{err}
	}
	in, err := registrationOf(answer)
	if err != nil {
		return nil, &notSentError{err}
	}
	for _, image := range a.Images {
		at := slices.IndexFunc(in.ContainerDefinitions, func(c types.ContainerDefinition) bool { return aws.ToString(c.Name) == image.Container })
		if at < 0 {
			return nil, cluster.Errorf(cluster.ClassInvalid, codeMalformed, "%s has no container %s", a.Definition, image.Container)
		}
		in.ContainerDefinitions[at].Image = aws.String(image.Image)
	}
	registered, err := p.account.ecs.RegisterTaskDefinition(ctx, in, p.ecsOnce)
	if err != nil {
		return nil, err
	}
	if registered.TaskDefinition == nil {
		return nil, nil
	}
	return []string{aws.ToString(registered.TaskDefinition.TaskDefinitionArn)}, nil
}

// registrationOf is the request that registers a revision once more. All members of the request but the tags are members of the description under the same
// names, which a test checks; going by the names leaves none out that AWS adds later.
func registrationOf(described *ecs.DescribeTaskDefinitionOutput) (*ecs.RegisterTaskDefinitionInput, error) {
	text, err := json.Marshal(described.TaskDefinition)
	if err != nil {
		return nil, fmt.Errorf("copying a task definition: %w", err)
	}
	var in ecs.RegisterTaskDefinitionInput
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("copying a task definition: %w", err)
	}
	in.Tags = described.Tags
	return &in, nil
}
