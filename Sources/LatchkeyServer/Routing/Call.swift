import FoundationEssentials
import HTTPTypes
import LatchkeyAuthority
import LatchkeyCrypto

/// A body that a route takes. Unknown members are passed over.
package protocol RequestBodyType: Decodable, Sendable {
    /// The members that it reads, no more and no fewer.
    static var schema: Schema { get }
    /// The body that stands for none; `nil` when the route needs one.
    static var whenAbsent: Self? { get }
    /// The organisation that the body names, which must be the caller's own (contract §1).
    var orgId: String? { get }
}

extension RequestBodyType {
    package static var whenAbsent: Self? { nil }
}

/// One request on its way through a handler: authenticated, allowed, its body in memory.
package struct Call: Sendable {
    let authority: Authority
    /// What the daemon says of itself.
    let about: About
    /// Sees the daemon as a verifier does.
    let probe: ListenerProbe
    /// The documents that were made at the start.
    let published: Published
    /// All routes, this one among them.
    let table: RouteTable
    /// What the route's declaration says. A handler can read only what stands there.
    let facts: RouteFacts
    /// The door that the request came in by.
    let surface: Surface
    /// Who calls, on every route that is not open.
    let principal: Principal?
    let origin: RequestOrigin
    private let parameters: [String: String]
    private let rawQuery: Query
    private let headers: HTTPFields
    private let body: [UInt8]
    /// The organisation that the body names.
    var bodyOrganisation: String?

    init(
        authority: Authority, about: About, probe: ListenerProbe, published: Published, table: RouteTable, facts: RouteFacts,
        surface: Surface, principal: Principal?, origin: RequestOrigin, parameters: [String: String], query: Query, headers: HTTPFields,
        body: [UInt8]
    ) {
        self.authority = authority
        self.about = about
        self.probe = probe
        self.published = published
        self.table = table
        self.facts = facts
        self.surface = surface
        self.principal = principal
        self.origin = origin
        self.parameters = parameters
        self.rawQuery = query
        self.headers = headers
        self.body = body
    }

    /// The caller of a protected route.
    ///
    /// - Throws: `missing_authorization` on an open route, where a handler must not ask.
    var caller: Caller {
        get throws(APIError) {
            guard let principal else { throw .missingAuthorization }
            let named = [bodyOrganisation, try rawQuery["orgId"]].compactMap(\.self)
            // Each must be the caller's own, so the one that isn't is what counts.
            return Caller(principal, origin, named: named.first { !$0.utf8.elementsEqual(principal.organisation.utf8) })
        }
    }

    /// A path parameter; the responder has refused an empty one.
    func parameter(_ name: String) -> String {
        assert(facts.names(.path).contains(name), "\(facts.name) reads {\(name)}, which it does not declare")
        return parameters[name] ?? ""
    }

    /// A parameter of the query, `nil` when it is absent.
    ///
    /// - Throws: `invalid_request` when its escapes are broken.
    func query(_ name: String) throws(APIError) -> String? {
        assert(facts.names(.query).contains(name), "\(facts.name) reads ?\(name)=, which it does not declare")
        return try rawQuery[name]
    }

    func header(_ name: HTTPField.Name) -> String? {
        assert(facts.names(.header).contains(name.rawName), "\(facts.name) reads \(name), which it does not declare")
        return headers[name]
    }

    func page(_ kind: IdentifierSource.Kind) throws -> PageRequest {
        try PageRequest(limit: query("limit"), cursor: query("cursor"), kind: kind)
    }

    /// - Throws: `invalid_json` when the body is not a JSON object, `invalid_request` with `field` when a member is of the wrong type.
    func decode<Body: RequestBodyType>(_ type: Body.Type) throws(APIError) -> Body {
        if body.isEmpty, let absent = Body.whenAbsent { return absent }
        // The decoder would also take UTF-16, a comma too many, and of two members of one name the first.
        guard (try? JSONObjectReader.read(body) { (_, _) in }) != nil else { throw .invalidJSON }
        do {
            return try JSONDecoder().decode(Body.self, from: Data(body))
        } catch let DecodingError.typeMismatch(_, context) where !context.codingPath.isEmpty {
            throw .wrongType(context.codingPath)
        } catch let DecodingError.valueNotFound(_, context) where !context.codingPath.isEmpty {
            throw .wrongType(context.codingPath)
        } catch let DecodingError.keyNotFound(key, context) {
            throw .missing(context.codingPath + [key])
        } catch let DecodingError.dataCorrupted(context) where !context.codingPath.isEmpty {
            throw .wrongType(context.codingPath)
        } catch {
            throw .invalidJSON
        }
    }
}
