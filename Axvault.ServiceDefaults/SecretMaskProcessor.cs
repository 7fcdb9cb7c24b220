using System.Diagnostics;
using OpenTelemetry;

namespace Axvault.ServiceDefaults;

/// <summary>The mask for secrets in the tags of every exported span, because a client chooses the path, the query and the user agent.</summary>
internal sealed class SecretMaskProcessor : BaseProcessor<Activity>
{
    /// <inheritdoc />
    public override void OnEnd(Activity data)
    {
        List<KeyValuePair<string, string>>? masked = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
        {
            if (tag.Value is string text && SecretMask.Apply(text) is var mask && !ReferenceEquals(mask, text))
            {
                (masked ??= []).Add(new(tag.Key, mask));
            }
        }

        masked?.ForEach(tag => data.SetTag(tag.Key, tag.Value));
    }
}
