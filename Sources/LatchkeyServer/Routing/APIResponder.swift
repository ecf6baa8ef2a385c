import HTTPTypes
package import HummingbirdCore
package import LatchkeyAuthority
import LatchkeyStore
package import Logging
package import NIOCore

/// Takes a request through the verdicts of contract §1, in their order: path, limit of requests, credentials, method, size, scope, and then the
/// route's own.
package struct APIResponder: ConnectionResponder {
    /// Bytes of a body.
    private static let largestBody = 64 * 1024

    private let table: RouteTable
    private let authority: Authority
    private let authenticator: Authenticator
    private let proxies: TrustedProxies
    private let about: About
    private let probe: ListenerProbe
    private let published: Published
    private let requestIds: RequestIds
    private let limiter: RequestLimiter?

    package init(
        table: RouteTable, authority: Authority, peers: PeerPolicy, proxies: TrustedProxies, requestsPerSecond: Int = 0,
        clock: any HostClock,
        about: About, probe: ListenerProbe
    ) throws {
        self.table = table
        self.authority = authority
        self.authenticator = Authenticator(authority: authority, peers: peers)
        self.proxies = proxies
        self.about = about
        self.probe = probe
        self.published = Published(table: table, version: about.version, planes: authority.settings.planes)
        self.requestIds = try RequestIds()
        self.limiter = requestsPerSecond > 0 ? RequestLimiter(perSecond: requestsPerSecond, clock: clock) : nil
        about.metrics.watch(limiter)
    }

    package func respond(to request: Request, peer: Peer, channel: any Channel, logger: Logger) async -> Response {
        var trace = RequestTrace(about.metrics)
        let requestId = requestIds.id(given: request.headers[.requestId])
        var answer: Answer
        do {
            answer = try await serve(request, peer: peer, requestId: requestId, trace: &trace)
        } catch let error as APIError {
            trace.refused(error.code)
            answer = ErrorAnswer.make(error, requestId: requestId)
        } catch let error as AuthorityError {
            trace.refused(ErrorCode(error.code))
            answer = ErrorAnswer.make(error, requestId: requestId)
        } catch {
            logger.error(
                "a request failed inside",
                metadata: ["requestId": "\(RequestTrace.shown(requestId))", "route": "\(trace.route.path)", "error": "\(error)"])
            trace.refused(.internalError)
            answer = ErrorAnswer.make(APIError.internalError, requestId: requestId)
        }
        trace.end(answer.status, requestId: requestId, logger)
        answer.headers[.requestId] = requestId
        if let stream = answer.stream {
            return Response(status: answer.status, headers: answer.headers, body: Self.body(stream, isWanted: request.method != .head))
        }
        if request.method == .head {
            answer.headers[.contentLength] = String(answer.body.readableBytes)
            return Response(
                status: answer.status, headers: answer.headers,
                body: ResponseBody(contentLength: answer.body.readableBytes) { try await $0.finish(nil) })
        }
        return Response(status: answer.status, headers: answer.headers, body: ResponseBody(byteBuffer: answer.body))
    }

    private static func body(_ stream: @escaping Answer.Stream, isWanted: Bool) -> ResponseBody {
        ResponseBody { @concurrent writer in
            if isWanted { try await stream(&writer) }
            try await writer.finish(nil)
        }
    }

    private func serve(_ request: Request, peer: Peer, requestId: String, trace: inout RequestTrace) async throws -> Answer {
        guard let (entry, parameters) = table.find(request.uri.path), !entry.isSocketOnly || peer.isUnix else { throw APIError.notFound }
        let found = entry.route(request.method)
        trace.reached(found)
        try authenticator.admit(peer, request.headers)
        let origin = origin(of: request, peer: peer, requestId: requestId)
        do {
            try limiter?.admit(origin.address)
        } catch {
            trace.isOverRequestLimit = true
            throw error
        }
        let principal = entry.isOpen ? nil : try authenticator.principal(peer, request.headers, audiences: entry.audiences, origin: origin)
        trace.caller = principal?.label
        guard let route = found else { throw APIError.methodNotAllowed(entry.allow) }
        let body = request.method == .get || request.method == .head ? [] : try await collect(request)
        if case .operation = route.access, principal?.isAdministrator != true { throw APIError.operatorOnly }
        if case .scopes(let scopes) = route.access, let principal {
            for scope in scopes { try authority.require(scope, of: Caller(principal, origin)) }
        }
        if case .identity = route.access, let principal { try Authority.requireIdentity(principal) }
        for (name, value) in parameters where value.isEmpty { throw APIError.invalid(name, "\(name) is empty") }
        let call = Call(
            authority: authority, about: about, probe: probe, published: published, table: table, facts: route.facts,
            surface: peer.isUnix ? .adminSocket : .network, principal: principal, origin: origin, parameters: parameters,
            query: Query(request.uri.query), headers: request.headers, body: body)
        return try await route.handle(call)
    }

    private func collect(_ request: Request) async throws -> [UInt8] {
        // The parser has let digits through only; more than a number can hold are too many.
        if let length = request.headers[.contentLength], Int(length) ?? .max > Self.largestBody { throw APIError.bodyTooLarge }
        do {
            return Array(try await request.body.collect(upTo: Self.largestBody).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw APIError.bodyTooLarge
        } catch is BodyDeadlineExceeded {
            throw APIError.bodyTimeout
        } catch is BodyUnreadable {
            throw APIError.invalidJSON
        }
    }

    private func origin(of request: Request, peer: Peer, requestId: String) -> RequestOrigin {
        var origin = RequestOrigin(requestId: RequestTrace.shown(requestId))
        if case .network(let address) = peer {
            origin.address = proxies.client(peer: address, forwardedFor: request.headers[values: .forwardedFor])
        }
        origin.userAgent = request.headers[.userAgent].map(Self.shown)
        return origin
    }

    /// What a client says of itself, as far as the audit log keeps it: at most 200 visible ASCII characters and spaces, and no secret.
    private static func shown(_ text: String) -> String {
        let text = RequestTrace.shown(text)
        if text.utf8.count <= 200, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        return String(decoding: text.utf8.prefix(200).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}

extension Peer {
    var isUnix: Bool {
        if case .unix = self { true } else { false }
    }
}
