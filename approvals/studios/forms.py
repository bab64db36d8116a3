"""What is chosen before a studio begins."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Studio, Version
from approvals.studios.recipes import PLACES, Recipe, Setting
from approvals.studios.verbs import LONGEST_PROMPT, default_place


def _field(setting: Setting) -> forms.Field:
    if setting.choices is not None:
        return forms.ChoiceField(
            label=setting.label, choices=list(setting.choices.items()), initial=setting.default, help_text=setting.help
        )
    number = forms.NumberInput(attrs={"step": f"{setting.step:g}", "inputmode": "decimal"})
    return forms.FloatField(
        label=setting.label, initial=f"{setting.default:g}", widget=number, help_text=setting.help,
        min_value=setting.least, max_value=setting.most,
    )  # fmt: skip


class RecipeForm(forms.Form):
    """The settings of one recipe, and where what is made belongs."""

    def __init__(self, data: Any = None, *, recipe: Recipe, version: Version) -> None:
        super().__init__(data)
        for setting in recipe.settings:
            self.fields[setting.key] = _field(setting)
        self.fields["place"] = forms.ChoiceField(
            label=_("Where it goes"),
            choices=[(place, _(words)) for place, words in PLACES.items()],
            initial=default_place(version),
        )


class PromptForm(forms.Form):
    """What a studio of others is told."""

    prompt = forms.CharField(
        label=gettext_lazy("What should be made"),
        max_length=LONGEST_PROMPT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, data: Any = None, *, studio: Studio) -> None:
        super().__init__(data)
        self.fields["prompt"].help_text = _("%(name)s is given this, the caption and the files.") % {
            "name": studio.name
        }
