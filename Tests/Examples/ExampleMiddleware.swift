import HTTPTypes
import Hummingbird
import LatchkeyVerifier

struct RequireScope<Context: RequestContext>: RouterMiddleware {
    let verifier: TokenVerifier
    let scope: String
    func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
        let token = String((request.headers[.authorization] ?? "").trimmingPrefix("Bearer "))
        guard let claims = try? await verifier.verifyFetching(token, at: SystemClock().now()) else { throw HTTPError(.unauthorized) }
        guard (try? verifier.require(scope, of: claims)) != nil else { throw HTTPError(.forbidden) }
        return try await next(request, context)
    }
}
