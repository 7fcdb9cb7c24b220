namespace Axvault.Tests.Http;

/// <summary>Makes request bodies of any bytes and any content type, also of an invalid one.</summary>
internal static class RawBody
{
    /// <summary>Returns a body of <paramref name="bytes"/>, without a content type when <paramref name="contentType"/> is <c>null</c>.</summary>
    public static ByteArrayContent Of(byte[] bytes, string? contentType)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = null;
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return content;
    }
}
