using Microsoft.AspNetCore.Http.Metadata;

namespace Axvault.Api.Http;

/// <summary>The size limit of the bodies of a call, in place of that of the listener.</summary>
/// <param name="MaxRequestBodySize">The limit, in bytes.</param>
internal sealed record BodyMaximum(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
