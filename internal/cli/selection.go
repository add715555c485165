package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
)

// selection is which services a command acts on: one that is named, several that are named, or those of a cluster that fit.
type selection struct {
	inCluster string
	named     []cluster.ServiceKey
	region    string // of the ARNs among the names

	all    bool
	tags   []string
	secret string
	image  string
	stale  bool // those on which something was left that nobody is at any more

	parallel    int
	maxFailures int
}

const parallelUnlessAsked = 5

func (s *selection) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&s.all, "all", false, "every service of the cluster")
	flags.StringArrayVar(&s.tags, "tag", nil, "every service of the cluster with this tag: KEY=VALUE, or KEY for any value; given more than once, with each of them")
	flags.StringVar(&s.secret, "uses-secret", "", "every service of the cluster whose task definition takes this secret, or SSM parameter: its ARN, or its name")
	flags.StringVar(&s.image, "uses-image", "", "every service of the cluster whose task definition has an image of this repository, whatever its tag")
	flags.IntVar(&s.parallel, "parallel", parallelUnlessAsked, "with several services: how many are under way at once")
	flags.IntVar(&s.maxFailures, "max-failures", 0, "with several services: begin no other once more than so many have failed")
}

// severalFlags are the flags of a selection.
func severalFlags() []string {
	return []string{"all", "tag", "uses-secret", "uses-image", "parallel", "max-failures"}
}

// bySelector tells whether services are to be found, and not named.
func (s *selection) bySelector() bool {
	return s.all || len(s.tags) > 0 || s.secret != "" || s.image != "" || s.stale
}

// several tells whether the command is for several services, even where only one is found in the end.
func (s *selection) several() bool { return s.bySelector() || len(s.named) > 1 }

// complete reads the arguments and the flags.
func (s *selection) complete(cmd *cobra.Command, args []string) error {
	if err := s.checkSelectors(cmd, args); err != nil {
		return err
	}
	if err := s.names(cmd, args); err != nil {
		return err
	}
	for _, name := range []string{"parallel", "max-failures"} {
		if cmd.Flags().Changed(name) && !s.several() {
			return usage(hint("name more services, or select them: --all, --tag, --uses-secret, --uses-image"), "--%s is for several services", name)
		}
	}
	switch {
	case s.parallel < 1:
		return usage(nil, "--parallel %d is not a number of services", s.parallel)
	case s.maxFailures < 0:
		return usage(nil, "--max-failures %d is not a number of services", s.maxFailures)
	}
	return nil
}

func (s *selection) checkSelectors(cmd *cobra.Command, args []string) error {
	either := hint("name the services, or select them")
	switch {
	case s.bySelector() && len(args) > 0:
		return usage(either, "services are either named or selected, not both: %q was named", args[0])
	case s.all && (len(s.tags) > 0 || s.secret != "" || s.image != ""):
		return usage(hint("leave --all or the others out"), "--all is every service, and the other selectors are fewer")
	case cmd.Flags().Changed("uses-secret") && s.secret == "":
		return usage(nil, "--uses-secret names no secret")
	case cmd.Flags().Changed("uses-image") && (s.image == "" || cluster.Repository(s.image) != s.image):
		return usage(hint("for example --uses-image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/api, or --uses-image api"), "--uses-image: %q is not a repository without a tag", s.image)
	}
	for _, text := range s.tags {
		if key, _, _ := strings.Cut(text, "="); key == "" {
			return usage(nil, "--tag: %q is not of the form KEY=VALUE", text)
		}
	}
	if s.bySelector() && s.inCluster != "" {
		var err error
		if s.inCluster, s.region, err = clusterNamed(s.inCluster); err != nil {
			return err
		}
	}
	return nil
}

// clusterNamed reads a cluster's name or ARN.
func clusterNamed(text string) (name, region string, err error) {
	key, region, err := cluster.ParseService("any", text)
	if err != nil {
		return "", "", usage(nil, "--cluster: %w", err)
	}
	return key.Cluster, region, nil
}

// names reads the services that are named. One that is named twice is meant once.
func (s *selection) names(cmd *cobra.Command, args []string) error {
	if s.bySelector() {
		return nil
	}
	forms := hint("name it CLUSTER/SERVICE, by its ARN, or as SERVICE with --cluster; or select services: --all, --tag, --uses-secret, --uses-image")
	if len(args) == 0 {
		return usage(forms, "%s needs a service", cmd.Name())
	}
	for _, arg := range args {
		key, region, err := cluster.ParseService(arg, s.inCluster)
		if err != nil {
			return usage(forms, "%w", err)
		}
		if s.region != "" && region != "" && region != s.region {
			return usage(hint("run the command once for each Region"), "the services are of two Regions, %s and %s", s.region, region)
		}
		if region != "" {
			s.region = region
		}
		if !slices.Contains(s.named, key) {
			s.named = append(s.named, key)
		}
	}
	slices.SortFunc(s.named, cluster.ServiceKey.Compare)
	return nil
}

// find gives the services that are meant, in order. Those of a cluster are listed a hundred a call, and described ten a call where tags or definitions decide.
func (s *selection) find(ctx context.Context, conn *Connection) ([]cluster.ServiceKey, error) {
	if !s.bySelector() {
		return s.named, nil
	}
	of := s.cluster()
	keys, err := conn.List(ctx, of)
	var known *cluster.APIError
	switch {
	case errors.As(err, &known) && known.Class == cluster.ClassNotFound:
		return nil, usage(hint("another cluster is named by --cluster, another Region by --region"), "there is no cluster %s in account %s, Region %s", of, conn.Identity.Account, conn.Identity.Region)
	case err != nil:
		return nil, err
	}
	if len(keys) == 0 && !s.stale {
		return nil, usage(hint("another cluster is named by --cluster, another Region by --region"), "cluster %s has no service", of)
	}
	if s.all {
		return keys, nil
	}
	var scope cluster.Scope
	for _, key := range keys {
		scope.Services = append(scope.Services, cluster.ServiceScope{Service: key, Definitions: s.secret != "" || s.image != ""})
	}
	snapshot, err := conn.Provider.Observe(ctx, scope)
	if err != nil {
		return nil, err
	}
	for _, part := range []cluster.Part{cluster.PartService, cluster.PartDefinitions} { // one that was not read may be one that is meant
		for _, key := range keys {
			if gap, missing := snapshot.Gap(key, part); missing {
				return nil, unreadable(gap)
			}
		}
	}
	var found []cluster.ServiceKey
	for _, v := range snapshot.Services {
		if s.stale && abandoned(v.Service, conn.Provider.Now()) || !s.stale && s.fits(v) {
			found = append(found, v.Service.Key)
		}
	}
	if len(found) == 0 && !s.stale { // that nothing was left is what is hoped for
		return nil, usage(nil, "none of the %d services of cluster %s %s", len(keys), of, s.wanted())
	}
	return found, nil
}

// cluster is the one whose services are selected.
func (s *selection) cluster() string {
	if s.inCluster == "" {
		return cluster.DefaultCluster
	}
	return s.inCluster
}

// fits tells whether a service has what is asked for. What counts is the definition that its next tasks are started from.
func (s *selection) fits(v cluster.ServiceView) bool {
	for _, text := range s.tags {
		key, value, valued := strings.Cut(text, "=")
		if !slices.ContainsFunc(v.Service.Tags, func(t cluster.Tag) bool { return t.Key == key && (!valued || t.Value == value) }) {
			return false
		}
	}
	definition, _ := v.Definition(v.Service.Definition)
	return (s.secret == "" || definition.UsesSecret(s.secret)) && (s.image == "" || definition.UsesImage(s.image))
}

// wanted says what is asked for.
func (s *selection) wanted() string {
	var texts []string
	for _, tag := range s.tags {
		texts = append(texts, "has the tag "+tag)
	}
	if s.secret != "" {
		texts = append(texts, "takes the secret "+s.secret)
	}
	if s.image != "" {
		texts = append(texts, "has an image of "+s.image)
	}
	return strings.Join(texts, " and ")
}

// name is what a person types to say that all of them are meant: the cluster where there is one, and else their number.
func severalName(keys []cluster.ServiceKey) string {
	for _, k := range keys {
		if k.Cluster != keys[0].Cluster {
			return fmt.Sprint(len(keys))
		}
	}
	return keys[0].Cluster
}
