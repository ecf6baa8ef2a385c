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
        "Nothing is kept: what must be found again is in the audit log. A comment comes when it is quiet; who reads too slowly, or whose credential dies, is cut off."
    )
    .query("types", .string().sampled("scope.denied,token.invalid"), "Only events of these types, joined by commas")
    .answers(.ok, contents: [("text/event-stream", .string())], headers: .noStore)
    .refuses(.tooManySubscribers)
    .handle { call in
        let types = try call.query("types").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        return EventStream.answer(EventLease(call.authority, try call.authority.subscribe(types: types, by: call.caller)))
    }
}
