package balancing

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

func (h *handlers) createListener(ctx context.Context, in *elbv2.CreateListenerInput) (*elbv2.CreateListenerOutput, error) {
	if _, err := tagsFrom(nil, in.Tags); err != nil {
		return nil, err
	}
	asked, err := h.asked(in)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.CreateListenerOutput, error) {
		of, err := balancerKind.find(v, in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		l := types.Listener{
			Port: in.Port, Protocol: in.Protocol, Certificates: in.Certificates, SslPolicy: in.SslPolicy, AlpnPolicy: in.AlpnPolicy,
			MutualAuthentication: in.MutualAuthentication, DefaultActions: completed(in.DefaultActions),
		}
		if l, err = h.checked(v, of, l); err != nil {
			return nil, err
		}
		o, there, err := h.onPort(v, of.ARN, l.Port)
		if err != nil {
			return nil, err
		}
		if there {
			return h.sameListener(o, asked)
		}
		if o, err = h.beginListener(v, of, l, asked); err != nil {
			return nil, err
		}
		if err := tag(v, o.ARN, in.Tags); err != nil {
			return nil, err
		}
		out, err := h.listener(o)
		return &elbv2.CreateListenerOutput{Listeners: []types.Listener{out}}, err
	})
}

// beginListener keeps a new listener and its default rule, whose actions are the listener's own.
func (h *handlers) beginListener(v api.View, of world.Object, l types.Listener, asked []byte) (world.Object, error) {
	o, err := h.write(v, world.Object{ARN: listenerKind.beneath(of.ARN), Type: listenerKind.name, Parent: of.ARN}, l, beside{Asked: asked})
	if err != nil {
		return o, err
	}
	yes := true
	byDefault := types.Rule{Priority: api.Some(defaultPriority), IsDefault: &yes}
	_, err = h.write(v, world.Object{ARN: ruleKind.beneath(o.ARN), Type: ruleKind.name, Parent: o.ARN}, byDefault, beside{})
	return o, err
}

// sameListener answers a request for a port that is taken: the same request gives the same listener. Source: API Reference, CreateListener.
func (h *handlers) sameListener(o world.Object, asked []byte) (*elbv2.CreateListenerOutput, error) {
	_, kept, err := read[types.Listener](h, o)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(kept.Asked, asked) {
		return nil, &wire.Error{Code: "DuplicateListener", Message: "A listener already exists on this port for this load balancer '" + o.Parent + "'"}
	}
	out, err := h.listener(o)
	return &elbv2.CreateListenerOutput{Listeners: []types.Listener{out}}, err
}

// onPort finds the listener of a load balancer that has a port. A Gateway Load Balancer's has none.
func (h *handlers) onPort(v api.View, balancer string, port *int32) (found world.Object, ok bool, err error) {
	for _, o := range v.World.DeclaredBeneath(balancer, listenerKind.name) {
		l, _, err := read[types.Listener](h, o)
		if err != nil {
			return world.Object{}, false, err
		}
		if api.Value(l.Port) == api.Value(port) {
			return o, true, nil
		}
	}
	return world.Object{}, false, nil
}

// protocols are those of the listeners of a load balancer, in the order of ELBv2's message. Source: API Reference, CreateListener.Protocol.
func protocols(of types.LoadBalancerTypeEnum) []types.ProtocolEnum {
	switch of {
	case types.LoadBalancerTypeEnumApplication:
		return []types.ProtocolEnum{types.ProtocolEnumHttps, types.ProtocolEnumHttp}
	case types.LoadBalancerTypeEnumNetwork:
		return []types.ProtocolEnum{types.ProtocolEnumUdp, types.ProtocolEnumTcp, types.ProtocolEnumTcpUdp, types.ProtocolEnumTls, types.ProtocolEnumQuic, types.ProtocolEnumTcpQuic}
	case types.LoadBalancerTypeEnumGateway:
	}
	return nil
}

// checked gives a listener with the defaults that ELBv2 fills in, or says why it may not be. Source: API Reference, CreateListener; the words about protocol
// and certificate are those of public reports.
func (h *handlers) checked(v api.View, of world.Object, l types.Listener) (types.Listener, error) {
	b, _, err := read[types.LoadBalancer](h, of)
	if err != nil {
		return l, err
	}
	secure := l.Protocol == types.ProtocolEnumHttps || l.Protocol == types.ProtocolEnumTls
	allowed := protocols(b.Type)
	switch {
	case b.Type == types.LoadBalancerTypeEnumGateway && (l.Port != nil || l.Protocol != ""):
		return l, invalid("You cannot specify a port or protocol for a listener of a Gateway Load Balancer")
	case b.Type == types.LoadBalancerTypeEnumGateway:
		return l, h.checkActions(v, of.ARN, l.DefaultActions)
	case l.Protocol == "":
		return l, invalid("A listener protocol must be specified")
	case !slices.Contains(allowed, l.Protocol):
		return l, invalid("Listener protocol '%s' must be one of '%s'", l.Protocol, listed(allowed))
	case l.Port == nil:
		return l, invalid("A listener port must be specified")
	case *l.Port < 1 || *l.Port > 65535:
		return l, invalid("Listener port '%d' must be between '1' and '65535'", *l.Port)
	case secure && len(l.Certificates) != 1:
		return l, invalid("A certificate must be specified for %s listeners", l.Protocol)
	}
	if secure {
		fillPointer(&l.SslPolicy, "ELBSecurityPolicy-2016-08") // the default of the API. Source: user guide, security policies
		if !isPolicy(*l.SslPolicy) {
			return l, noPolicy(*l.SslPolicy)
		}
	}
	if l.Protocol == types.ProtocolEnumHttps && l.MutualAuthentication == nil {
		l.MutualAuthentication = &types.MutualAuthenticationAttributes{Mode: api.Some("off")}
	}
	return l, h.checkActions(v, of.ARN, l.DefaultActions)
}

func listed[T ~string](words []T) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return strings.Join(all, ", ")
}

func (h *handlers) modifyListener(ctx context.Context, in *elbv2.ModifyListenerInput) (*elbv2.ModifyListenerOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.ModifyListenerOutput, error) {
		o, err := listenerKind.find(v, in.ListenerArn)
		if err != nil {
			return nil, err
		}
		l, kept, err := read[types.Listener](h, o)
		if err != nil {
			return nil, err
		}
		of, _ := v.World.DeclaredAt(o.Parent)
		if l, err = h.checked(v, of, changed(l, in)); err != nil {
			return nil, err
		}
		other, there, err := h.onPort(v, of.ARN, l.Port)
		if err != nil {
			return nil, err
		}
		if there && other.ARN != o.ARN { // the words are those of public reports
			return nil, invalid("Listener port '%d' is already in use", *l.Port)
		}
		if o, err = h.write(v, o, l, beside{Attributes: kept.Attributes}); err != nil {
			return nil, err
		}
		out, err := h.listener(o)
		return &elbv2.ModifyListenerOutput{Listeners: []types.Listener{out}}, err
	})
}

// changed gives a listener with what a request gives of it. One that becomes HTTP loses its certificate and its policy. Source: API Reference, ModifyListener.
func changed(l types.Listener, in *elbv2.ModifyListenerInput) types.Listener {
	if in.Port != nil {
		l.Port = in.Port
	}
	if in.Protocol != "" && in.Protocol != l.Protocol {
		l.Protocol = in.Protocol
		if l.Protocol != types.ProtocolEnumHttps && l.Protocol != types.ProtocolEnumTls {
			l.Certificates, l.SslPolicy, l.AlpnPolicy, l.MutualAuthentication = nil, nil, nil, nil
		}
	}
	if in.Certificates != nil {
		l.Certificates = in.Certificates
	}
	if in.SslPolicy != nil {
		l.SslPolicy = in.SslPolicy
	}
	if in.AlpnPolicy != nil {
		l.AlpnPolicy = in.AlpnPolicy
	}
	if in.MutualAuthentication != nil {
		l.MutualAuthentication = in.MutualAuthentication
	}
	if len(in.DefaultActions) > 0 {
		l.DefaultActions = completed(in.DefaultActions)
	}
	return l
}

func (h *handlers) deleteListener(ctx context.Context, in *elbv2.DeleteListenerInput) (*elbv2.DeleteListenerOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DeleteListenerOutput, error) {
		o, err := listenerKind.find(v, in.ListenerArn)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.Retract{ARN: o.ARN})
		return &elbv2.DeleteListenerOutput{}, err
	})
}

func (h *handlers) describeListeners(ctx context.Context, in *elbv2.DescribeListenersInput) (*elbv2.DescribeListenersOutput, error) {
	switch {
	case len(in.ListenerArns) == 0 && in.LoadBalancerArn == nil:
		return nil, invalid("You must specify either listener ARNs or a load balancer ARN")
	case len(in.ListenerArns) > 0 && in.LoadBalancerArn != nil:
		return nil, invalid("Listener ARNs and a load balancer ARN cannot be specified at the same time")
	}
	if err := sized(in.PageSize); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeListenersOutput, error) {
		all, err := listenersAsked(v, in)
		if err != nil {
			return nil, err
		}
		cut, next, err := paged(all, func(o world.Object) string { return o.ARN }, in.Marker, in.PageSize)
		if err != nil {
			return nil, err
		}
		out := &elbv2.DescribeListenersOutput{Listeners: []types.Listener{}, NextMarker: next}
		for _, o := range cut {
			l, err := h.listener(o)
			if err != nil {
				return nil, err
			}
			out.Listeners = append(out.Listeners, l)
		}
		return out, nil
	})
}

// listenersAsked gives the listeners that are asked for, by ARN.
func listenersAsked(v api.View, in *elbv2.DescribeListenersInput) ([]world.Object, error) {
	if in.LoadBalancerArn == nil {
		found, err := listenerKind.all(v, in.ListenerArns)
		found = api.InOrder(found, func(o world.Object) string { return o.ARN })
		return found, err
	}
	of, err := balancerKind.find(v, in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	return v.World.DeclaredBeneath(of.ARN, listenerKind.name), nil
}

// listener renders a listener.
func (h *handlers) listener(o world.Object) (types.Listener, error) {
	out, _, err := read[types.Listener](h, o)
	out.ListenerArn, out.LoadBalancerArn = &o.ARN, &o.Parent
	return out, err
}

func (h *handlers) describeListenerAttributes(ctx context.Context, in *elbv2.DescribeListenerAttributesInput) (*elbv2.DescribeListenerAttributesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeListenerAttributesOutput, error) {
		o, err := listenerKind.find(v, in.ListenerArn)
		if err != nil {
			return nil, err
		}
		l, kept, err := read[types.Listener](h, o)
		return &elbv2.DescribeListenerAttributesOutput{Attributes: listenerAttributes(l, kept)}, err
	})
}

func (h *handlers) modifyListenerAttributes(ctx context.Context, in *elbv2.ModifyListenerAttributesInput) (*elbv2.ModifyListenerAttributesOutput, error) {
	given := map[string]string{}
	for _, a := range in.Attributes {
		given[api.Value(a.Key)] = api.Value(a.Value)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.ModifyListenerAttributesOutput, error) {
		o, err := listenerKind.find(v, in.ListenerArn)
		if err != nil {
			return nil, err
		}
		l, kept, err := read[types.Listener](h, o)
		if err != nil {
			return nil, err
		}
		if kept, err = h.set(v, o, l, kept, given, listenerDefaults(l)); err != nil {
			return nil, err
		}
		return &elbv2.ModifyListenerAttributesOutput{Attributes: listenerAttributes(l, kept)}, nil
	})
}

func listenerAttributes(l types.Listener, kept beside) []types.ListenerAttribute {
	all := merged(listenerDefaults(l), kept.Attributes)
	out := make([]types.ListenerAttribute, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		text := all[key]
		out = append(out, types.ListenerAttribute{Key: &key, Value: &text})
	}
	return out
}

// listenerDefaults are the attributes of a listener that nobody has set. Source: API Reference, ListenerAttribute.
func listenerDefaults(l types.Listener) map[string]string {
	all := map[string]string{}
	switch l.Protocol {
	case types.ProtocolEnumHttp, types.ProtocolEnumHttps:
	case types.ProtocolEnumTcp, "": // none is that of a Gateway Load Balancer
		all["tcp.idle_timeout.seconds"] = "350"
		return all
	default:
		return all
	}
	all["routing.http.response.server.enabled"] = "true"
	for _, header := range []string{"strict_transport_security", "access_control_allow_origin", "access_control_allow_methods", "access_control_allow_headers",
		"access_control_allow_credentials", "access_control_expose_headers", "access_control_max_age", "content_security_policy",
		"x_content_type_options", "x_frame_options"} {
		all["routing.http.response."+header+".header_value"] = ""
	}
	if l.Protocol == types.ProtocolEnumHttps {
		for _, header := range []string{"x_amzn_mtls_clientcert_serial_number", "x_amzn_mtls_clientcert_issuer", "x_amzn_mtls_clientcert_subject",
			"x_amzn_mtls_clientcert_validity", "x_amzn_mtls_clientcert_leaf", "x_amzn_mtls_clientcert", "x_amzn_tls_version", "x_amzn_tls_cipher_suite"} {
			all["routing.http.request."+header+".header_name"] = ""
		}
	}
	return all
}
