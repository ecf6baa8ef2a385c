import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Contract §8: what happens, while it happens.
enum EventRoutes {
    static let all = [watch]

    private static let watch = Route.get(
        "/v1/events", "watchEvents", .holding("relayauth:audit:read:*"), "What happens in the organisation, as server-sent events"
    )
    .note(
        """
        Each event is one JSON object in `data`: `type`, `timestamp`, `result` (`allowed`, `denied` or `error`), `actor`, and where there are such \
        `name`, `orgId`, `identityId`, `scope`, `missing`, `matchedScope`, `plane`, `resource`, `message`, `metadata`, `requestId`, and `via`: the \
        type of another event that says the same (a denied `scope.check` comes with a `scope.denied`). `id` is the audit entry's, when there is \
        one. Types: \(AuthorityEvent.types.map { "`\($0)`" }.joined(separator: ", ")).

        Nothing is kept: what must be found again is in the audit log. A comment comes when it is quiet (`: heartbeat`) and at the end \
        (`: ended: …` with the reason): who reads too slowly, or whose credential dies, is cut off.
        """
    )
    .query("types", .string().sampled("scope.denied,token.invalid"), "Only events of these types, joined by commas")
    .answers(.ok, contents: [("text/event-stream", .string())], headers: .noStore)
    .refuses(.tooManySubscribers)
    .handle { call in
        let types = try call.query("types").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        return EventStream.answer(EventLease(call.authority, try call.authority.subscribe(types: types, by: call.caller)))
    }
}
